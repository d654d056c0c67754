#include "runtime/load/calibrate.hpp"

#include <algorithm>
#include <cmath>
#include <optional>

#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/load/random.hpp"

namespace banoff {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// By NodeId: whether a batch norm, or something that leads to one.
std::vector<bool> leading_to_norms(const Graph& graph) {
  std::vector<bool> needed(graph.nodes.size(), false);
  std::vector<bool> read(graph.values.size(), false);
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    const Node& node = graph.nodes[n];
    const bool feeds = std::ranges::any_of(node.outputs, [&](ValueId id) { return read[index(id)]; });
    needed[n] = feeds || (node.as<BatchNorm>() != nullptr && !node.erased());
    if (needed[n])
      for (const ValueId input : node.inputs) read[index(input)] = true;
  }
  return needed;
}

/// The inputs' types with images scaled so that the smaller side is at most `side`, and `batch` in symbolic first
/// sizes.
std::vector<TensorType> smaller_inputs(const Graph& graph, const std::vector<TensorType>& types, std::int64_t side,
                                       std::int64_t batch) {
  std::vector<TensorType> result = types;
  for (const GraphInput& input : graph.inputs) {
    Shape& shape = result[index(input.value)].shape;
    if (!input.dims.empty() && !input.dims[0].symbol.empty() && !input.dims[0].bounded) shape[0] = batch;
    if (shape.rank() != 4) continue;
    const std::int64_t smaller = std::min(shape[2], shape[3]);
    if (smaller <= side) continue;
    constexpr std::int64_t grid = 32;  // most nets halve the image five times
    for (const std::size_t d : {2U, 3U})
      shape[d] = std::max((shape[d] * side / smaller + grid / 2) / grid, std::int64_t{1}) * grid;
  }
  return result;
}

/// Types of what leads to norms from the given inputs'; nothing if the net does not take them or would need parameters
/// of other shapes.
bool takes(const Graph& graph, const std::vector<bool>& needed, const std::vector<ParamUse>& uses,
           std::vector<TensorType>& types) {
  try {
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
      if (!needed[n]) continue;
      const Node& node = graph.nodes[n];
      const Signature result = signature_of(node, types);
      for (const ParamSpec& spec : result.params) {
        if (uses[index(node.param(spec.slot))].shape != spec.shape) return false;
      }
      for (std::size_t i = 0; i < node.outputs.size(); ++i) types[index(node.outputs[i])] = result.outputs[i];
    }
    return true;
  } catch (const Error&) {
    return false;
  }
}

Tensor random_input(const std::string& name, const TensorType& type, std::uint64_t seed) {
  Random random(seed, "input " + name);
  std::vector<float> values(static_cast<std::size_t>(type.shape.elements()));
  for (float& value : values)
    value = static_cast<float>(is_float(type.dtype) ? random.normal() : std::floor(random.between(0, 2)));
  return Tensor::of<float>(type.shape, std::move(values)).as(type.dtype);
}

struct Statistics {
  std::vector<double> mean, var;
};

/// Mean and variance of every channel (dimension 1).
Statistics measure(const Tensor& tensor) {
  const Shape& shape = tensor.shape();
  const auto channels = index(static_cast<std::int32_t>(shape[1]));
  const auto inner = static_cast<std::size_t>(shape.elements(2, shape.rank()));
  const Tensor floats = tensor.as(DType::f32);
  const std::span<const float> values = floats.values<float>();
  const std::size_t count = values.size() / channels;
  Statistics result{std::vector<double>(channels, 0), std::vector<double>(channels, 0)};
  const auto for_each = [&](auto&& f) {
    for (std::size_t begin = 0; begin < values.size(); begin += inner) {
      const std::size_t c = begin / inner % channels;
      for (std::size_t i = begin; i < begin + inner; ++i) f(c, static_cast<double>(values[i]));
    }
  };
  const auto n = static_cast<double>(count);
  for_each([&](std::size_t c, double v) { result.mean[c] += v / n; });
  for_each([&](std::size_t c, double v) { result.var[c] += (v - result.mean[c]) * (v - result.mean[c]) / n; });
  // A few samples tell little of a variance, and too small a one makes activations grow from norm to norm: each is
  // drawn towards the layer's average as if that had been seen eight times.
  constexpr double prior = 8, smallest = 1e-4;
  double average = 0;
  for (const double var : result.var) average += var / static_cast<double>(channels);
  for (double& var : result.var) var = std::max((n * var + prior * average) / (n + prior), smallest);
  return result;
}

void set_statistics(Graph& graph, const Node& norm, const Tensor& input) {
  const Statistics measured = measure(input);
  const auto set = [&](Slot slot, const std::vector<double>& values) {
    if (!std::ranges::all_of(values, [](double v) { return std::isfinite(v); })) {
      fail_input("{}", describe(norm, "with these random weights its input is not finite"));
    }
    graph.params[index(norm.param(slot))].value =
        Tensor::of<double>({static_cast<std::int64_t>(values.size())}, values).as(DType::f32);
  };
  set(Slot::mean, measured.mean);
  set(Slot::var, measured.var);
}

}  // namespace

void calibrate(Graph& graph, std::uint64_t seed, const std::vector<TensorType>& types,
               const std::vector<ParamUse>& uses, const NodeExecutor& executor, std::int64_t side) {
  const std::vector<bool> needed = leading_to_norms(graph);
  if (std::ranges::find(needed, true) == needed.end()) return;
  struct Candidate {
    std::int64_t side, batch;
  };
  std::vector<TensorType> chosen;
  for (const Candidate c : {Candidate{side, 2}, Candidate{2 * side, 2}, Candidate{1 << 16, 1}}) {
    std::vector<TensorType> smaller = smaller_inputs(graph, types, c.side, c.batch);
    if (takes(graph, needed, uses, smaller)) {
      chosen = std::move(smaller);
      break;
    }
  }
  if (chosen.empty()) chosen = types;

  std::vector<Tensor> values(graph.values.size());
  std::vector<std::size_t> readers(graph.values.size(), 0);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (needed[n])
      for (const ValueId input : graph.nodes[n].inputs) ++readers[index(input)];
  }
  for (const GraphInput& input : graph.inputs) {
    if (readers[index(input.value)] == 0) continue;
    values[index(input.value)] = random_input(graph.value(input.value).name, chosen[index(input.value)], seed);
  }
  std::vector<bool> measured(graph.params.size(), false);
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    if (!needed[n]) continue;
    const Node& node = graph.nodes[n];
    std::vector<Tensor> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(values[index(input)]);
    // Norms that share their statistics keep what the first of them saw.
    if (node.as<BatchNorm>() != nullptr && !measured[index(node.param(Slot::var))]) {
      set_statistics(graph, node, inputs[0]);
      measured[index(node.param(Slot::var))] = true;
    }
    std::vector<Tensor> outputs = executor(graph, node, inputs);
    for (const ValueId input : node.inputs) {
      if (--readers[index(input)] == 0) values[index(input)] = Tensor();
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) {
      if (readers[index(node.outputs[i])] > 0) values[index(node.outputs[i])] = std::move(outputs[i]);
    }
  }
}

}  // namespace banoff
