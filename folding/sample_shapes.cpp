#include "folding/sample_shapes.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include "banoff/error.hpp"
#include "folding/linear_op.hpp"

namespace banoff::gauge {

namespace {

using Shapes = std::map<ValueId, Shape>;

constexpr std::size_t first_spatial = 2;

/// The first dimension of a node's input that lies in space: operands of fewer dimensions lack leading ones.
std::size_t first_spatial_of(const Node& node, const Shape& input, const Shape& output) {
  const std::size_t missing = node.as<Binary>() && input.rank() < output.rank() ? output.rank() - input.rank() : 0;
  return missing < first_spatial ? first_spatial - missing : 0;
}

bool covers_borders(const Node& node, const Shape& full, const Shape& small) {
  const std::vector<Window> true_windows = windows(node.op, full);
  if (true_windows.empty()) return true;
  const std::vector<Window> small_windows = windows(node.op, small);
  for (std::size_t i = 0; i < true_windows.size(); ++i) {
    const Window& a = true_windows[i];
    const Window& b = small_windows[i];
    const std::int64_t wanted = a.kernel == 1 && !reads_padding(a) ? 1 : (a.kernel - 1) * a.dilation + 3;
    if (b.input < std::min(a.input, wanted) || b.output < 1 || reads_padding(a) != reads_padding(b)) return false;
  }
  return true;
}

/// Operands broadcast at the small size exactly where they do at full size.
bool broadcasts_alike(const Shape& full, const Shape& full_out, const Shape& small, const Shape& small_out) {
  for (std::size_t i = 1; i <= full.rank(); ++i) {
    const bool spread = full[full.rank() - i] != full_out[full_out.rank() - i];
    if (spread != (small[small.rank() - i] != small_out[small_out.rank() - i])) return false;
  }
  return true;
}

/// Batch and channels stay: an element of the sample has the channel of the element at its place at full size.
bool shrinks_in_space(const Shape& full, const Shape& small) {
  return full.rank() == small.rank() &&
         std::equal(full.begin(), full.begin() + std::min(full.rank(), first_spatial), small.begin());
}

/// Whether all nodes work on inputs of these shapes as they do at full size.
bool works(const Graph& graph, const std::vector<NodeId>& nodes, const std::vector<TensorType>& types, Shapes shapes) {
  const auto full = [&](ValueId value) -> const TensorType& { return types[static_cast<std::size_t>(value)]; };
  try {
    for (const NodeId id : nodes) {
      const Node& node = graph.node(id);
      std::vector<TensorType> inputs;
      for (const ValueId value : node.inputs) inputs.push_back({full(value).dtype, shapes.at(value)});
      const Signature made = signature(node.op, inputs);
      for (std::size_t i = 0; i < node.outputs.size(); ++i) {
        const Shape& shape = made.outputs[i].shape;
        if (!shrinks_in_space(full(node.outputs[i]).shape, shape)) return false;
        shapes[node.outputs[i]] = shape;
      }
      for (const ParamSpec& spec : made.params) {
        const Tensor* tensor = graph.param(node, spec.slot);
        if (tensor && !has_shape(node, spec, *tensor)) return false;
      }
      if (!inputs.empty() && !covers_borders(node, full(node.inputs[0]).shape, inputs[0].shape)) return false;
      if (!node.as<Binary>()) continue;
      for (std::size_t i = 0; i < inputs.size(); ++i) {
        const ValueId out = node.outputs[0];
        if (!broadcasts_alike(full(node.inputs[i]).shape, full(out).shape, inputs[i].shape, shapes[out])) return false;
      }
    }
  } catch (const Error&) {
    return false;  // a fixed reshape or slice does not fit this size
  }
  return true;
}

}  // namespace

Shapes sample_shapes(const Graph& graph, const std::vector<NodeId>& nodes, const std::vector<TensorType>& types) {
  Shapes entering;
  std::map<ValueId, std::size_t> space;
  std::set<ValueId> made;
  std::int64_t smallest = 0;
  for (const NodeId id : nodes) {
    const Node& node = graph.node(id);
    for (const ValueId value : node.inputs) {
      const Shape& shape = types[static_cast<std::size_t>(value)].shape;
      space[value] = first_spatial_of(node, shape, types[static_cast<std::size_t>(node.outputs[0])].shape);
      if (!made.contains(value)) entering[value] = shape;
      for (std::size_t i = space[value]; i < shape.rank(); ++i) {
        if (shape[i] > 1 && (smallest == 0 || shape[i] < smallest)) smallest = shape[i];
      }
    }
    made.insert(node.outputs.begin(), node.outputs.end());
  }
  for (const std::int64_t target : {2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 20, 24, 32, 40, 48, 64, 96}) {
    if (target >= smallest) break;
    Shapes scaled = entering;
    for (auto& [value, shape] : scaled) {
      for (std::size_t i = space.at(value); i < shape.rank(); ++i) {
        if (shape[i] > 1)
          shape[i] = std::max<std::int64_t>(
              2, std::llround(static_cast<double>(shape[i] * target) / static_cast<double>(smallest)));
      }
    }
    if (works(graph, nodes, types, scaled)) return scaled;
  }
  return entering;
}

}  // namespace banoff::gauge
