// What an op makes of its inputs: the types of its outputs and the parameters it needs. One overload per op; this is
// the only shape rule there is: the loader, the verifier, the planner and the random-weight generator all use it.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "runtime/graph/graph.hpp"

namespace banoff {

struct ParamSpec {
  Slot slot;
  Shape shape;
};

struct Signature {
  std::vector<TensorType> outputs;
  std::vector<ParamSpec> params;
};

using InputTypes = std::span<const TensorType>;

/// The signature of `op` on `inputs`. Throws bad_input saying what does not fit, without the node's name.
#define BANOFF_SIGNATURE(op) [[nodiscard]] Signature signature(const op&, InputTypes inputs);
BANOFF_OPS(BANOFF_SIGNATURE)
#undef BANOFF_SIGNATURE

/// Signature of whichever op this is, after checking the number of inputs against its facts.
[[nodiscard]] Signature signature(const Op& op, InputTypes inputs);

/// Whether the tensor has the shape of a parameter, or is a single number where the op takes one for all channels.
[[nodiscard]] bool has_shape(const Node& node, const ParamSpec& spec, const Tensor& tensor);
/// Whether a parameter of the node may have this type: any float, but constants of integers and booleans their own.
[[nodiscard]] bool may_be_stored_as(const Node& node, DType type);
/// For messages: what a parameter of the node is expected to be.
[[nodiscard]] std::string_view stored_type(const Node& node);

/// Sizes given for symbolic or input dimensions: by symbol ("N" -> 8), or a whole shape by input name.
struct Bindings {
  std::map<std::string, std::int64_t> symbols;
  std::map<std::string, Shape> inputs;
};

/// Resource limits on a graph, so that a small hostile file cannot ask for the moon.
struct Limits {
  std::int64_t max_elements = std::int64_t{1} << 34;  ///< of one tensor
  std::size_t max_nodes = 200'000;
};

/// Types of all values under the bindings, indexed by ValueId. Throws bad_input naming the node and its line.
[[nodiscard]] std::vector<TensorType> infer_types(const Graph& graph, const Bindings& bindings = {},
                                                  const Limits& limits = {});

/// Checks what infer_types does not: every parameter has the shape and a float type its op asks for and only finite
/// values (bounds and constants may be infinite), variances are not negative, no lower bound of a clamp is above its
/// upper one, every name is unique, nodes are in topological order. Throws bad_input naming the node.
void verify(const Graph& graph, const std::vector<TensorType>& types);

// Shared pieces of shape arithmetic, used by kernels and folding as well.

/// Resolves an axis that may count from the end; throws bad_input when it is outside the rank.
[[nodiscard]] std::size_t resolve_axis(std::int64_t axis, std::size_t rank);
/// The shape two operands broadcast to by NumPy's rule.
[[nodiscard]] Shape broadcast(const Shape& a, const Shape& b);

/// A window along one spatial dimension, with "same" padding resolved.
struct Window {
  std::int64_t input, output, kernel, stride, dilation, pad_begin, pad_end;
};
/// Whether some window reads nothing but padding: it lies in it wholly, or its taps, `dilation` apart, step over the
/// input.
[[nodiscard]] bool has_empty_window(const Window& w);
/// The windows of a convolution or pooling over `input` (NC + spatial), one per spatial dimension.
[[nodiscard]] std::vector<Window> windows(const Shape& input, const Spatial& kernel, const Spatial& stride,
                                          const Spatial& dilation, const Padding& padding, bool ceil_mode = false);
[[nodiscard]] std::vector<Window> windows(const Conv& op, const Shape& input);
[[nodiscard]] std::vector<Window> windows(const Pool& op, const Shape& input);
/// Windows of a transposed convolution: `input` is the smaller side, `output` what it makes.
[[nodiscard]] std::vector<Window> windows(const ConvTranspose& op, const Shape& input);
/// Of whichever op this is; empty where it has none.
[[nodiscard]] std::vector<Window> windows(const Op& op, const Shape& input);
/// Groups with "depthwise" resolved.
[[nodiscard]] inline std::int64_t groups_of(const Conv& op, const Shape& input) {
  return op.groups == 0 ? input[1] : op.groups;
}
/// Begin (first) and step of a slice along each of the tensor's dimensions, and its output shape.
struct ResolvedSlice {
  std::vector<std::int64_t> begin, step;
  Shape shape;
};
[[nodiscard]] ResolvedSlice resolve(const Slice& op, const Shape& input);
/// What `anchors` gives, x1 y1 x2 y2 of each box. The shapes are those its signature accepts.
[[nodiscard]] std::vector<double> anchor_boxes(const Anchors& op, const Shape& map, const Shape& image);
/// Sizes of the parts a split makes.
[[nodiscard]] Ints split_sizes(const Split& op, const Shape& input);

}  // namespace banoff
