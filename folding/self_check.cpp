#include "folding/self_check.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "folding/sample_shapes.hpp"

namespace banoff::gauge {

namespace {

using Values = std::map<ValueId, Tensor>;

Tensor random_tensor(const Shape& shape, std::mt19937_64& random) {
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(shape.elements()));
  for (double& value : values) value = normal(random);
  return Tensor::of<double>(shape, std::move(values));
}

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
    // A sample shrinks in space only: the element at this place of the full-size value has the same channel.
    std::int64_t place = 0;
    std::int64_t stride = 1;
    for (std::size_t axis = sample_.rank(); axis-- > 0;) {
      place += flat % sample_[axis] * stride;
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

}  // namespace

std::vector<NodeId> touched_nodes(const Graph& before, const System& system, const Assignment& assignment,
                                  NodeId removed) {
  std::vector<NodeId> result;
  const auto touched = [&](ValueId value) { return assignment.touches(system.range(value)); };
  for (std::size_t i = 0; i < before.nodes.size(); ++i) {
    const Node& node = before.nodes[i];
    const auto id = static_cast<NodeId>(i);
    if (node.outputs.empty()) continue;
    if (id == removed || std::ranges::any_of(node.inputs, touched) || std::ranges::any_of(node.outputs, touched)) {
      result.push_back(id);
    }
  }
  return result;
}

CheckResult self_check(const Graph& before, const Graph& after, const std::vector<NodeId>& nodes, const System& system,
                       const Assignment& assignment, const std::vector<TensorType>& types, const ComputeNode& compute,
                       double tolerance) {
  std::mt19937_64 random(20220331);
  Values original;
  for (const auto& [value, shape] : sample_shapes(before, nodes, types)) {
    const NodeId producer = before.value(value).producer;
    const bool constant = producer != none && before.node(producer).as<Constant>();
    original[value] = constant ? compute(before, before.node(producer), {}).at(0) : random_tensor(shape, random);
  }
  Values folded = original;
  CheckResult result;
  for (const NodeId id : nodes) {
    const Node& was = before.node(id);
    const std::vector<Tensor> old_outputs = compute(before, was, gather(original, was.inputs));
    const std::vector<Tensor> new_outputs = after.alive(id)
                                                ? compute(after, after.node(id), gather(folded, after.node(id).inputs))
                                                : gather(folded, was.inputs);
    for (std::size_t i = 0; i < was.outputs.size(); ++i) {
      const ValueId value = was.outputs[i];
      original[value] = old_outputs[i];
      folded[value] = new_outputs[i];
      const double error =
          difference(old_outputs[i], new_outputs[i], ElementGauges(system, assignment, value, old_outputs[i].shape()));
      result.error = std::max(result.error, error);
      if (!(error <= tolerance) && result.first_diverging.empty()) result.first_diverging = was.name;
    }
  }
  return result;
}

}  // namespace banoff::gauge
