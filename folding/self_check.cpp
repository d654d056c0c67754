#include "folding/self_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "folding/parallel.hpp"
#include "folding/projection.hpp"
#include "folding/sample_shapes.hpp"
#include "folding/samples.hpp"

namespace banoff::gauge {

namespace {

using Values = std::map<ValueId, Tensor>;

std::vector<Tensor> gather(const Values& values, const std::vector<ValueId>& wanted) {
  std::vector<Tensor> result;
  for (const ValueId value : wanted) result.push_back(values.at(value));
  return result;
}

/// The largest error so far, and the largest term that it is relative to.
struct Difference {
  double worst = 0, largest = 0;

  /// `off` should be 0, and is the difference of terms of these magnitudes.
  void add(double off, double left, double right) {
    worst = std::isnan(off) ? std::numeric_limits<double>::infinity() : std::max(worst, std::abs(off));
    largest = std::max({largest, std::abs(left), std::abs(right)});
  }
  [[nodiscard]] double relative() const { return largest > 0 ? worst / largest : worst; }
};

constexpr double apart = std::numeric_limits<double>::infinity();

/// Largest |den * stored - (num * original + shift)|, relative to the largest term.
void compare(const Tensor& original, const Tensor& stored, const ElementGauges& gauges, Difference& difference) {
  if (original.shape() != stored.shape()) return difference.add(apart, 0, 0);
  const Tensor was_held = original.as(DType::f64), is_held = stored.as(DType::f64);
  const std::span<const double> was = was_held.values<double>(), is = is_held.values<double>();
  gauges.for_runs(was.size(), [&](std::size_t begin, std::size_t end, const Gauge& gauge) {
    for (std::size_t i = begin; i < end; ++i) {
      const double left = gauge.den * is[i], right = gauge.num * was[i];
      difference.add(left - (right + gauge.shift), left, std::abs(right) + std::abs(gauge.shift));
    }
  });
}

/// A layer with weights before and after, each summed over its output channels with random coefficients such that the
/// sums should differ by `shifts`, one for each group.
struct ProjectedPair {
  Alone before, after;
  std::vector<double> shifts;
  double channels = 1;  ///< summed over
};

/// One node before and after.
class NodeCheck {
 public:
  NodeCheck(const Version& before, const Version& after, const System& system, const Assignment& assignment,
            const std::vector<TensorType>& types, const ComputeNode& compute)
      : versions_{before, after},
        before_(before.graph),
        after_(after.graph),
        system_(system),
        assignment_(assignment),
        types_(types),
        compute_(compute) {}

  /// The largest relative difference of the node's outputs, at two values of every open size.
  [[nodiscard]] double operator()(NodeId id, bool removed) const {
    const Shapes here = sample(id, types_, removed);
    const double error = at(here, id, removed);
    if (!system_.types_elsewhere()) return error;
    const Shapes there = sample(id, *system_.types_elsewhere(), removed);
    return says_more(here, there, before_.node(id)) ? std::max(error, at(there, id, removed)) : error;
  }

 private:
  using Shapes = std::map<ValueId, Shape>;

  /// A small sample, or the whole where the node's new parameters (bounds along a dimension in space) are for the
  /// whole.
  [[nodiscard]] Shapes sample(NodeId id, const std::vector<TensorType>& types, bool removed) const {
    Shapes shapes = sample_shapes(before_, {id}, types);
    if (removed || fits(after_.node(id), shapes)) return shapes;
    for (auto& [value, shape] : shapes) shape = types[static_cast<std::size_t>(value)].shape;
    return shapes;
  }

  [[nodiscard]] bool fits(const Node& node, const Shapes& shapes) const {
    std::vector<TensorType> inputs;
    for (const ValueId value : node.inputs) {
      const auto shape = shapes.find(value);
      if (shape == shapes.end()) return true;
      inputs.push_back({types_[static_cast<std::size_t>(value)].dtype, shape->second, false});
    }
    const Signature made = signature(node.op, inputs);
    return std::ranges::all_of(made.params, [&](const ParamSpec& spec) {
      const Tensor* tensor = after_.param(node, spec.slot);
      return tensor == nullptr || has_shape(node, spec, *tensor);
    });
  }

  /// Whether a second sample can show something that the first does not: not for more pictures alone, where an op
  /// treats each of them alike.
  [[nodiscard]] static bool says_more(const Shapes& here, const Shapes& there, const Node& node) {
    const bool each_alike = facts_of(node.op).pictures == Pictures::apart;
    return std::ranges::any_of(here, [&](const auto& entry) {
      const Shape &a = entry.second, &b = there.at(entry.first);
      return each_alike && a.rank() > 0 ? !std::equal(a.begin() + 1, a.end(), b.begin() + 1, b.end()) : a != b;
    });
  }

  [[nodiscard]] double at(const Shapes& shapes, NodeId id, bool removed) const {
    if (!removed && has_projection(after_.node(id)) && before_.node(id).op.index() == after_.node(id).op.index())
      return at_projected(shapes, id);
    const Node& was = before_.node(id);
    const Alone now = alone(versions_.after, id);
    const auto bends = bends_of(before_, was, was.inputs.empty() ? Shape{} : shape_of(shapes, was.inputs[0]));
    Random random = seeded(id);
    Difference difference;
    for (int draw = 0; draw < (bends ? draws_over(*bends, was.inputs[0], shapes) : 1); ++draw) {
      const auto [original, stored] = values(shapes, bends, draw, random);
      const std::vector<Tensor> expected = compute_(before_, was, gather(original, was.inputs));
      const std::vector<Tensor> actual =
          removed ? gather(stored, was.inputs) : compute_(now.graph, now.node, gather(stored, now.node.inputs));
      for (std::size_t i = 0; i < was.outputs.size(); ++i) {
        const ElementGauges gauges(system_, assignment_, was.outputs[i], expected[i].shape());
        compare(expected[i], actual.at(i), gauges, difference);
      }
    }
    return difference.relative();
  }

  /// A layer with weights: Freivalds' check (docs/folding.md, "The self-check").
  [[nodiscard]] double at_projected(const Shapes& shapes, NodeId id) const {
    // So many that a sum that happens to vanish is not all that an error is compared with.
    constexpr std::size_t enough = 8;
    Random random = seeded(id);
    const ProjectedPair pair = projected(id, random);
    Difference difference;
    for (std::size_t compared = 0; compared < enough;) {
      const auto [original, stored] = values(shapes, std::nullopt, 0, random);
      const Tensor expected =
          compute_(pair.before.graph, pair.before.node, gather(original, pair.before.node.inputs)).at(0);
      const Tensor actual = compute_(pair.after.graph, pair.after.node, gather(stored, pair.after.node.inputs)).at(0);
      if (expected.shape() != actual.shape()) return apart;
      compared += static_cast<std::size_t>(expected.elements());
      const std::vector<double> was = expected.to_vector<double>();
      const std::vector<double> is = actual.to_vector<double>();
      const bool dense = pair.before.node.as<Dense>() != nullptr;
      const auto groups = std::ssize(pair.shifts);
      const std::int64_t inner = dense ? 1 : expected.shape().elements(2, expected.shape().rank());
      for (std::size_t i = 0; i < was.size(); ++i) {
        const double shift = pair.shifts[index(static_cast<std::int64_t>(i) / inner % groups)];
        difference.add(is[i] - (was[i] + shift), is[i], std::abs(was[i]) + std::abs(shift));
      }
    }
    // A sum over n channels is about sqrt(n) times as large as each of them, and the error of one channel is not.
    return difference.relative() * std::sqrt(pair.channels);
  }

  [[nodiscard]] ProjectedPair projected(NodeId id, Random& random) const {
    const Node& was = before_.node(id);
    const Tensor& weight = *before_.param(was, Slot::weight);
    const LinearOp linear = linear_op(was.op, weight.shape(), system_.shape(was.inputs[0]));
    const ValueId output = was.outputs[0];
    const std::size_t axis = was.as<Dense>() != nullptr ? system_.shape(output).rank() - 1 : 1;
    const std::vector<VarId> vars = system_.along(output, axis);
    std::vector<double> before, after, shifts(index(linear.groups));
    const std::size_t per_group = vars.size() / shifts.size();
    for (std::size_t c = 0; c < vars.size(); ++c) {
      const Gauge* found = assignment_.find(vars[c]);
      const Gauge gauge = found != nullptr ? *found : Gauge{};
      // Of magnitudes from 1 to 2, so that no channel counts for little.
      const double coefficient = std::copysign(1 + random.unit(), random());
      before.push_back(coefficient * gauge.num);
      after.push_back(coefficient * gauge.den);
      shifts[c / per_group] += coefficient * gauge.shift;
    }
    return {projection(versions_.before, id, linear, before), projection(versions_.after, id, linear, after),
            std::move(shifts), static_cast<double>(per_group)};
  }

  /// How many draws until every channel has been on all pieces.
  [[nodiscard]] int draws_over(const Bends& bends, ValueId value, const Shapes& shapes) const {
    const Shape& shape = shapes.at(value);
    const ElementGauges gauges(system_, assignment_, value, shape);
    const bool alike = bends.low.size() == 1 && bends.high.size() == 1;
    const std::int64_t beside = alike ? shape.elements() : shape.elements(bends.axis + 1, shape.rank());
    return std::min(beside, gauges.beside()) < pieces ? pieces : 1;
  }

  [[nodiscard]] static Random seeded(NodeId id) { return Random(20220331U + static_cast<std::uint64_t>(id)); }

  [[nodiscard]] static Shape shape_of(const Shapes& shapes, ValueId value) {
    const auto found = shapes.find(value);
    return found == shapes.end() ? Shape{} : found->second;
  }

  /// The values that enter, in their gauges before and after.
  [[nodiscard]] std::pair<Values, Values> values(const Shapes& shapes, const std::optional<Bends>& bends, int draw,
                                                 Random& random) const {
    std::pair<Values, Values> result;
    for (const auto& [value, shape] : shapes) {
      const NodeId producer = before_.value(value).producer;
      if (producer != none && !after_.alive(producer)) {  // a matrix that became the weights of this node
        result.first[value] = compute_(before_, before_.node(producer), {}).at(0);
        continue;
      }
      std::tie(result.first[value], result.second[value]) =
          random_pair(shape, ElementGauges(system_, assignment_, value, shape), bends, draw, random);
    }
    return result;
  }

  struct {
    Version before, after;
  } versions_;
  const Graph& before_;
  const Graph& after_;
  const System& system_;
  const Assignment& assignment_;
  const std::vector<TensorType>& types_;
  const ComputeNode& compute_;
};

CheckResult outcome_of(const NodeCheck& check, NodeId id, bool removed) {
  try {
    return {check(id, removed), id, ""};
  } catch (const std::exception& error) {
    return {std::numeric_limits<double>::infinity(), id, error.what()};
  }
}

}  // namespace

CheckResult self_check(const Version& before, const Version& after, std::span<const NodeId> nodes,
                       std::span<const NodeId> removed, const System& system, const Assignment& assignment,
                       const std::vector<TensorType>& types, const ComputeNode& compute, std::size_t threads) {
  const NodeCheck check(before, after, system, assignment, types, compute);
  std::vector<CheckResult> results(nodes.size());
  constexpr std::size_t nodes_per_thread = 8;
  for_each_parallel(nodes.size(), std::min(threads, nodes.size() / nodes_per_thread + 1), [&](std::size_t i) {
    results[i] = outcome_of(check, nodes[i], std::ranges::find(removed, nodes[i]) != removed.end());
  });
  CheckResult worst;
  for (CheckResult& result : results) {
    if (result.error > worst.error || worst.worst == none) worst = std::move(result);
  }
  return worst;
}

}  // namespace banoff::gauge
