#include "folding/projection.hpp"

#include <vector>

#include "runtime/graph/quantised.hpp"

namespace banoff::gauge {

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// The weights' sums: one row of all columns for each group, or one column in each row of a transposed layer.
std::vector<double> weight_sums(const Tensor& weight, const LinearOp& linear, const Scaling* scaling,
                                std::span<const double> coefficients) {
  ScaledRows rows(weight, linear, scaling);
  const std::int64_t per_group = linear.outer / linear.groups, taps = linear.taps;
  std::vector<double> sums(at((linear.transposed ? linear.outer * taps : linear.groups * rows.length())));
  for (std::int64_t i = 0; i < linear.outer; ++i) {
    const std::vector<double>& row = rows.row(i);
    const std::int64_t group = i / per_group;
    if (!linear.transposed) {
      double* sum = sums.data() + group * rows.length();
      const double coefficient = coefficients[at(i)];
      for (std::size_t k = 0; k < row.size(); ++k) sum[k] += coefficient * row[k];
      continue;
    }
    double* sum = sums.data() + i * taps;
    for (std::int64_t m = 0; m < linear.middle; ++m) {
      const double coefficient = coefficients[at(group * linear.middle + m)];
      for (std::int64_t t = 0; t < taps; ++t) sum[t] += coefficient * row[at(m * taps + t)];
    }
  }
  return sums;
}

std::vector<double> bias_sums(const Tensor& bias, std::int64_t groups, std::span<const double> coefficients) {
  const std::vector<double> values = bias.to_vector<double>();
  const std::size_t per_group = values.size() / at(groups);
  std::vector<double> sums(at(groups));
  for (std::size_t c = 0; c < values.size(); ++c) sums[c / per_group] += coefficients[c] * values[c];
  return sums;
}

Op with_one_output_per_group(Op op, std::int64_t groups) {
  if (auto* conv = std::get_if<Conv>(&op)) conv->out = conv->groups = groups;
  else if (auto* transposed = std::get_if<ConvTranspose>(&op)) transposed->out = groups;
  else std::get<Dense>(op).out = 1;
  return op;
}

/// The node with its parameters as `change` (slot, tensor) makes them, which lie on no grid.
template <class F>
Alone with_params(const Node& node, const Graph& graph, F&& change) {
  Alone result{{}, node};
  forget_weight_scale(result.node);
  for (auto& [slot, id] : result.node.params) id = result.graph.add_param("", change(slot, graph.param(id)));
  return result;
}

}  // namespace

Alone alone(const Version& version, NodeId id) {
  const Scaling* scaling = version.scaling(id);
  return with_params(version.graph.node(id), version.graph, [&](Slot slot, const Tensor& tensor) {
    return slot == Slot::weight && scaling != nullptr ? scaled(tensor, *scaling, DType::f64) : tensor;
  });
}

bool has_projection(const Node& node) {
  return node.as<Conv>() != nullptr || node.as<ConvTranspose>() != nullptr || node.as<Dense>() != nullptr;
}

Alone projection(const Version& version, NodeId id, const LinearOp& linear, std::span<const double> coefficients) {
  const std::int64_t groups = linear.groups;
  const auto sums = [&](Slot slot, const Tensor& tensor) -> Tensor {
    if (slot == Slot::bias) return Tensor::of<double>({groups}, bias_sums(tensor, groups, coefficients));
    if (slot != Slot::weight) return tensor;
    Shape shape = tensor.shape();
    shape[linear.transposed ? 1 : 0] = linear.transposed ? 1 : groups;
    return Tensor::of<double>(shape, weight_sums(tensor, linear, version.scaling(id), coefficients));
  };
  Alone result = with_params(version.graph.node(id), version.graph, sums);
  result.node.op = with_one_output_per_group(result.node.op, groups);
  return result;
}

}  // namespace banoff::gauge
