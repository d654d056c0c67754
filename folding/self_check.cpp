#include "folding/self_check.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <random>
#include <system_error>
#include <thread>

#include "folding/sample_shapes.hpp"
#include "runtime/core/cpu_count.hpp"

namespace banoff::gauge {

namespace {

using Values = std::map<ValueId, Tensor>;

std::vector<Tensor> gather(const Values& values, const std::vector<ValueId>& wanted) {
  std::vector<Tensor> result;
  for (const ValueId value : wanted) result.push_back(values.at(value));
  return result;
}

/// The gauge of every element of a value whose sample has another spatial size than the value itself.
class ElementGauges {
 public:
  ElementGauges(const System& system, const Assignment& assignment, ValueId value, const Shape& sample)
      : system_(system), assignment_(assignment), value_(value), sample_(sample), full_(system.shape(value)) {}

  [[nodiscard]] Gauge at(std::int64_t flat) const {
    // A sample shrinks in space only: the element at this place of the full-size value has the same channel. At other
    // sizes it may be larger along what is open, where all elements have one gauge.
    std::int64_t place = 0;
    std::int64_t stride = 1;
    for (std::size_t axis = sample_.rank(); axis-- > 0;) {
      place += flat % sample_[axis] % full_[axis] * stride;
      flat /= sample_[axis];
      stride *= full_[axis];
    }
    const Gauge* gauge = assignment_.find(system_.of_element(value_, place));
    return gauge ? *gauge : Gauge{};
  }

 private:
  const System& system_;
  const Assignment& assignment_;
  ValueId value_;
  Shape sample_, full_;
};

/// A value before and after: random where the gauge leaves it free.
std::pair<Tensor, Tensor> random_pair(const Shape& shape, const ElementGauges& gauges, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::vector<double> original(static_cast<std::size_t>(shape.elements()));
  std::vector<double> stored(original.size());
  for (std::size_t i = 0; i < original.size(); ++i) {
    const Gauge gauge = gauges.at(static_cast<std::int64_t>(i));
    const bool forgotten = gauge.den == 0.0;
    original[i] = forgotten ? -gauge.shift / gauge.num : normal(random);
    stored[i] = forgotten ? normal(random) : (gauge.num * original[i] + gauge.shift) / gauge.den;
  }
  return {Tensor::of<double>(shape, std::move(original)), Tensor::of<double>(shape, std::move(stored))};
}

/// Largest |den * stored - (num * original + shift)|, relative to the largest term.
double difference(const Tensor& original, const Tensor& stored, const ElementGauges& gauges) {
  if (original.shape() != stored.shape()) return std::numeric_limits<double>::infinity();
  const std::vector<double> was = original.to_vector<double>();
  const std::vector<double> is = stored.to_vector<double>();
  double worst = 0;
  double largest = 0;
  for (std::size_t i = 0; i < was.size(); ++i) {
    const Gauge gauge = gauges.at(static_cast<std::int64_t>(i));
    const double off = std::abs(gauge.den * is[i] - (gauge.num * was[i] + gauge.shift));
    if (std::isnan(off)) return std::numeric_limits<double>::infinity();
    worst = std::max(worst, off);
    largest = std::max({largest, std::abs(gauge.den * is[i]), std::abs(gauge.num * was[i]) + std::abs(gauge.shift)});
  }
  return largest > 0 ? worst / largest : worst;
}

/// One node before and after.
class NodeCheck {
 public:
  NodeCheck(const Graph& before, const Graph& after, const System& system, const Assignment& assignment,
            const std::vector<TensorType>& types, const ComputeNode& compute)
      : before_(before), after_(after), system_(system), assignment_(assignment), types_(types), compute_(compute) {}

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
    const Node& was = before_.node(id);
    Values original;
    Values stored;
    std::mt19937_64 random(20220331U + static_cast<std::uint64_t>(id));
    for (const auto& [value, shape] : shapes) {
      const NodeId producer = before_.value(value).producer;
      if (producer != none && !after_.alive(producer)) {  // a matrix that became the weights of this node
        original[value] = compute_(before_, before_.node(producer), {}).at(0);
        continue;
      }
      std::tie(original[value], stored[value]) =
          random_pair(shape, ElementGauges(system_, assignment_, value, shape), random);
    }
    const std::vector<Tensor> expected = compute_(before_, was, gather(original, was.inputs));
    const std::vector<Tensor> actual = removed
                                           ? gather(stored, was.inputs)
                                           : compute_(after_, after_.node(id), gather(stored, after_.node(id).inputs));
    double error = 0;
    for (std::size_t i = 0; i < was.outputs.size(); ++i) {
      const ElementGauges gauges(system_, assignment_, was.outputs[i], expected[i].shape());
      error = std::max(error, difference(expected[i], actual.at(i), gauges));
    }
    return error;
  }

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

CheckResult self_check(const Graph& before, const Graph& after, std::span<const NodeId> nodes,
                       std::span<const NodeId> removed, const System& system, const Assignment& assignment,
                       const std::vector<TensorType>& types, const ComputeNode& compute) {
  const NodeCheck check(before, after, system, assignment, types, compute);
  std::vector<CheckResult> results(nodes.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < nodes.size(); i = next++) {
      results[i] = outcome_of(check, nodes[i], std::ranges::find(removed, nodes[i]) != removed.end());
    }
  };
  const std::size_t helpers = std::min(nodes.size() / 8, static_cast<std::size_t>(cpu_count()) - 1);
  {
    std::vector<std::jthread> threads;
    try {
      for (std::size_t i = 0; i < helpers; ++i) threads.emplace_back(work);
    } catch (const std::system_error&) {
      // No more threads to be had: those there are do the work.
    }
    work();
  }
  CheckResult worst;
  for (CheckResult& result : results) {
    if (result.error > worst.error || worst.worst == none) worst = std::move(result);
  }
  return worst;
}

}  // namespace banoff::gauge
