// Every op of a network: plain attribute structs in one variant.
//
// A struct lists its attributes once, in `fields`: the YAML reader, the printer and the documentation test all use
// that list. What else is to be known of the op stands in `facts`. An op also has a signature (its shape rule), a
// reference kernel, a rule of folding and a form in ONNX: overloads on the struct, so a missing one is an error that
// names it. docs/architecture.md, "Adding an op", has the list.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <variant>

#include "banoff/tensor.hpp"
#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"
#include "runtime/graph/ops_detection.hpp"
#include "runtime/graph/ops_opaque.hpp"
#include "runtime/graph/ops_quantised.hpp"
#include "runtime/graph/ops_recurrent.hpp"
#include "runtime/graph/ops_sampling.hpp"
#include "runtime/graph/ops_values.hpp"

namespace banoff {

struct Conv {
  static constexpr OpFacts facts{"conv",     one_input,       Elements::floats, Memory::computed, Role::layer,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::int64_t out = 0;
  Spatial kernel, stride, dilation;
  std::int64_t groups = 1;  ///< 0 stands for depthwise (as many groups as input channels) until shapes are known
  Padding padding;
  bool bias = false;
  bool pad_value = false;                        ///< padding reads parameter pad_value[channel] instead of zero
  bool weight_scale = false;                     ///< weights are whole multiples, at most 127, of weight_scale[out]
  std::optional<double> weight_standardization;  ///< eps; the weights are standardised when they are loaded

  void fields(auto&& f, auto& self) const {
    f("out", self.out, required), f("kernel", self.kernel, required), f("stride", self.stride),
        f("dilation", self.dilation), f("groups", self.groups), f("padding", self.padding), f("bias", self.bias),
        f("pad_value", self.pad_value), f("weight_scale", self.weight_scale),
        f("weight_standardization", self.weight_standardization);
  }
  bool operator==(const Conv&) const = default;
};

struct ConvTranspose {
  static constexpr OpFacts facts{"conv_transpose", one_input,       Elements::floats, Memory::computed, Role::layer,
                                 Order::own,       Pictures::apart, no_slot,          special_work};
  std::int64_t out = 0;
  Spatial kernel, stride, dilation;
  std::int64_t groups = 1;
  Padding padding;
  Spatial output_padding{0};
  bool bias = false;

  void fields(auto&& f, auto& self) const {
    f("out", self.out, required), f("kernel", self.kernel, required), f("stride", self.stride),
        f("dilation", self.dilation), f("groups", self.groups), f("padding", self.padding),
        f("output_padding", self.output_padding), f("bias", self.bias);
  }
  bool operator==(const ConvTranspose&) const = default;
};

/// y = x W^T + b on the last dimension.
struct Dense {
  static constexpr OpFacts facts{"dense",    one_input,       Elements::floats, Memory::computed, Role::layer,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::int64_t out = 0;
  bool bias = true;
  bool weight_scale = false;  ///< weights are whole multiples, at most 127, of weight_scale[out]
  void fields(auto&& f, auto& self) const {
    f("out", self.out, required), f("bias", self.bias), f("weight_scale", self.weight_scale);
  }
  bool operator==(const Dense&) const = default;
};

struct MatMul {
  static constexpr OpFacts facts{"matmul",   two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       special_work};
  bool transpose_a = false, transpose_b = false;
  void fields(auto&& f, auto& self) const { f("transpose_a", self.transpose_a), f("transpose_b", self.transpose_b); }
  bool operator==(const MatMul&) const = default;
};

/// y = weight (x - mean) / sqrt(var + eps) + bias, per channel (axis 1).
struct BatchNorm {
  static constexpr OpFacts facts{"batch_norm", one_input,       Elements::floats, Memory::computed, Role::norm,
                                 Order::own,   Pictures::apart, no_slot,          Work{2, 0}};
  double eps = 1e-5;
  bool affine = true;
  void fields(auto&& f, auto& self) const { f("eps", self.eps), f("affine", self.affine); }
  bool operator==(const BatchNorm&) const = default;
};

/// y = weight x + bias per index of `axis`.
struct Affine {
  static constexpr OpFacts facts{"affine",   one_input,       Elements::floats, Memory::computed, Role::norm,
                                 Order::any, Pictures::apart, no_slot,          special_work};
  std::int64_t axis = 1;
  bool scale = true, shift = true;
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("scale", self.scale), f("shift", self.shift); }
  bool operator==(const Affine&) const = default;
};

enum class BinaryKind : std::uint8_t { add, sub, mul, div };

/// Elementwise with NumPy broadcasting. `add` takes two or more inputs, the others two. Integers divide toward zero.
struct Binary {
  static constexpr OpFacts facts{by_kind,    Arity{2, any_number}, Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together,   no_slot,       special_work};
  BinaryKind kind = BinaryKind::add;
  void fields(auto&&, auto&) const {}
  bool operator==(const Binary&) const = default;
};

struct Concat {
  static constexpr OpFacts facts{"concat",   Arity{1, any_number}, Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together,   no_slot,       no_work};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Concat&) const = default;
};

struct Split {
  static constexpr OpFacts facts{"split",    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       no_work};
  std::int64_t axis = 1;
  Ints sizes;              ///< sizes along the axis; empty when `parts` is given
  std::int64_t parts = 0;  ///< number of equal parts
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("sizes", self.sizes), f("parts", self.parts); }
  bool operator==(const Split&) const = default;
};

struct Slice {
  static constexpr OpFacts facts{"slice",    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       no_work};
  /// An `end` that means "to the end".
  static constexpr std::int64_t to_end = std::numeric_limits<std::int64_t>::max();
  Ints axes, begin, end, step;
  void fields(auto&& f, auto& self) const {
    f("axes", self.axes, required), f("begin", self.begin, required), f("end", self.end, required),
        f("step", self.step);
  }
  bool operator==(const Slice&) const = default;
};

struct ChannelShuffle {
  static constexpr OpFacts facts{"channel_shuffle", one_input,       Elements::any, Memory::computed, Role::other,
                                 Order::own,        Pictures::apart, no_slot,       no_work};
  std::int64_t groups = 0;
  void fields(auto&& f, auto& self) const { f("groups", self.groups, required); }
  bool operator==(const ChannelShuffle&) const = default;
};

struct Reshape {
  static constexpr OpFacts facts{"reshape",  one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints shape;
  void fields(auto&& f, auto& self) const { f("shape", self.shape, required); }
  bool operator==(const Reshape&) const = default;
};

struct Transpose {
  static constexpr OpFacts facts{"transpose", one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own,  Pictures::together, no_slot,       no_work};
  Ints perm;
  void fields(auto&& f, auto& self) const { f("perm", self.perm, required); }
  bool operator==(const Transpose&) const = default;
};

struct Flatten {
  static constexpr OpFacts facts{"flatten",  one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Flatten&) const = default;
};

struct Squeeze {
  static constexpr OpFacts facts{"squeeze",  one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints axes;
  void fields(auto&& f, auto& self) const { f("axes", self.axes, required); }
  bool operator==(const Squeeze&) const = default;
};

struct Unsqueeze {
  static constexpr OpFacts facts{"unsqueeze", one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own,  Pictures::together, no_slot,       no_work};
  Ints axes;
  void fields(auto&& f, auto& self) const { f("axes", self.axes, required); }
  bool operator==(const Unsqueeze&) const = default;
};

/// Pads the last dimensions, as many as `padding` has.
struct Pad {
  static constexpr OpFacts facts{"pad",      one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Padding padding;
  PadMode mode = PadMode::constant;
  double value = 0;
  bool pad_value = false;  ///< constant mode pads channel c with parameter pad_value[c]
  void fields(auto&& f, auto& self) const {
    f("padding", self.padding, required), f("mode", self.mode), f("value", self.value), f("pad_value", self.pad_value);
  }
  bool operator==(const Pad&) const = default;
};

enum class PoolKind : std::uint8_t { max, avg };

struct Pool {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  PoolKind kind = PoolKind::max;
  Spatial kernel;
  std::optional<Spatial> stride;  ///< default: the kernel
  Padding padding;
  Spatial dilation;
  bool ceil_mode = false;
  bool count_include_pad = false;
  [[nodiscard]] const Spatial& steps() const { return stride ? *stride : kernel; }
  void fields(auto&& f, auto& self) const {
    f("kernel", self.kernel, required), f("stride", self.stride), f("padding", self.padding);
    f("dilation", self.dilation), f("ceil_mode", self.ceil_mode);
    if (kind == PoolKind::avg) f("count_include_pad", self.count_include_pad);
  }
  bool operator==(const Pool&) const = default;
};

/// Where the maximum of each window stands in the input, as i64: its place in the row-major order of all elements, or
/// with `column_major` in the order in which the last spatial dimension is the slowest of its channel.
struct MaxPoolIndices {
  static constexpr OpFacts facts{"max_pool_indices", one_input,   Elements::floats,
                                 Memory::computed,   Role::other, Order::own,
                                 Pictures::together, no_slot,     no_work};
  Pool pool;
  bool column_major = false;
  void fields(auto&& f, auto& self) const { pool.fields(f, self.pool), f("column_major", self.column_major); }
  bool operator==(const MaxPoolIndices&) const = default;
};

/// Reduces every spatial dimension to 1.
struct GlobalPool {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          Work{0, 1}};
  PoolKind kind = PoolKind::avg;
  void fields(auto&&, auto&) const {}
  bool operator==(const GlobalPool&) const = default;
};

/// Averages the spatial dimensions to a given size, over bins that cover the input evenly and may overlap.
struct AdaptiveAvgPool {
  static constexpr OpFacts facts{"adaptive_avg_pool", one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own,          Pictures::apart, no_slot,          Work{0, 1}};
  Spatial size;
  /// Along a dimension, bin `o` of `out` reads [begin_of(o), end_of(o)): torch.nn.AdaptiveAvgPool's bins.
  [[nodiscard]] static constexpr std::int64_t begin_of(std::int64_t o, std::int64_t in, std::int64_t out) {
    return o * in / out;
  }
  [[nodiscard]] static constexpr std::int64_t end_of(std::int64_t o, std::int64_t in, std::int64_t out) {
    return ((o + 1) * in + out - 1) / out;
  }
  void fields(auto&& f, auto& self) const { f("size", self.size, required); }
  bool operator==(const AdaptiveAvgPool&) const = default;
};

/// Resizes the spatial dimensions: out = floor(in * scale), or `size`, or (with neither) those of a second input, of
/// which only the sizes count.
struct Resize {
  static constexpr OpFacts facts{"resize",   Arity{1, 2},     Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::vector<double> scale;
  Ints size;
  ResizeMode mode = ResizeMode::nearest;
  Coordinates coordinates = Coordinates::half_pixel;
  Rounding rounding = Rounding::floor;
  void fields(auto&& f, auto& self) const {
    f("scale", self.scale), f("size", self.size), f("mode", self.mode), f("coordinates", self.coordinates),
        f("rounding", self.rounding);
  }
  bool operator==(const Resize&) const = default;
};

enum class ActivationKind : std::uint8_t {
  relu,
  clip,
  leaky_relu,
  elu,
  sigmoid,
  hard_sigmoid,
  tanh,
  silu,
  hard_swish,
  gelu,
  gelu_tanh,
  mish,
  softplus,
  linear
};

/// A function of one element. What alpha and beta mean, and the function itself, is in activations.hpp.
struct Activation {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::activation,
                                 Order::any, Pictures::apart, no_slot,          Work{1, 0}};
  ActivationKind kind = ActivationKind::relu;
  double alpha = 0;
  double beta = 0;
  void fields(auto&& f, auto& self) const;
  bool operator==(const Activation&) const = default;
};

/// y = x for x > 0, weight x below; one slope per channel (axis 1) or one for all.
struct PRelu {
  static constexpr OpFacts facts{
      "prelu",    one_input,       Elements::floats, Memory::computed, Role::channel_activation,
      Order::own, Pictures::apart, Slot::weight,     Work{1, 0}};
  void fields(auto&&, auto&) const {}
  bool operator==(const PRelu&) const = default;
};

/// y = min(max(x, lower), upper) with bounds per index of `axis`; a NaN stays one.
struct Clamp {
  static constexpr OpFacts facts{
      "clamp",    one_input,       Elements::floats, Memory::computed, Role::channel_activation,
      Order::any, Pictures::apart, no_slot,          special_work};
  std::int64_t axis = 1;
  bool lower = true, upper = true;  ///< which bounds there are, at least one
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("lower", self.lower), f("upper", self.upper); }
  bool operator==(const Clamp&) const = default;
};

/// y = kink + (x - kink) * (x < kink ? below : above), all three per index of `axis`.
struct Kinked {
  static constexpr OpFacts facts{
      "kinked",   one_input,       Elements::floats, Memory::computed, Role::channel_activation,
      Order::any, Pictures::apart, no_slot,          Work{3, 0}};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Kinked&) const = default;
};

struct Softmax {
  static constexpr OpFacts facts{"softmax",  one_input,          Elements::floats, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,          Work{4, 0}};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Softmax&) const = default;
};

/// Normalises over the channels of a group and all spatial dimensions; instance norm has one channel per group.
struct GroupNorm {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          Work{6, 0}};
  std::int64_t groups = 0;  ///< 0: instance norm
  double eps = 1e-5;
  bool affine = true;
  bool instance = false;
  void fields(auto&& f, auto& self) const {
    if (!instance) f("groups", self.groups, required);
    f("eps", self.eps), f("affine", self.affine);
  }
  bool operator==(const GroupNorm&) const = default;
};

/// y = x / (bias + alpha / size * the sum of squares of `size` neighbouring channels) ^ beta: AlexNet's local response
/// normalisation. Of an even `size` one more channel behind than before counts.
struct Lrn {
  static constexpr OpFacts facts{"lrn",      one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::int64_t size = 5;
  double alpha = 1e-4, beta = 0.75, bias = 1;
  void fields(auto&& f, auto& self) const {
    f("size", self.size, required), f("alpha", self.alpha), f("beta", self.beta), f("bias", self.bias);
  }
  bool operator==(const Lrn&) const = default;
};

struct LayerNorm {
  static constexpr OpFacts facts{"layer_norm", one_input,          Elements::floats, Memory::computed, Role::other,
                                 Order::own,   Pictures::together, no_slot,          Work{6, 0}};
  Ints axes{-1};
  double eps = 1e-5;
  bool affine = true;
  void fields(auto&& f, auto& self) const { f("axes", self.axes), f("eps", self.eps), f("affine", self.affine); }
  bool operator==(const LayerNorm&) const = default;
};

struct Identity {
  static constexpr OpFacts facts{"identity", one_input,       Elements::any, Memory::view, Role::other,
                                 Order::any, Pictures::apart, no_slot,       no_work};
  void fields(auto&&, auto&) const {}
  bool operator==(const Identity&) const = default;
};

/// Converts the element type; float to integer truncates toward zero.
struct Cast {
  static constexpr OpFacts facts{"cast",     one_input,       Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::apart, no_slot,       no_work};
  DType to = DType::f32;
  void fields(auto&& f, auto& self) const { f("to", self.to, required); }
  bool operator==(const Cast&) const = default;
};

/// A tensor of the weights file.
struct Constant {
  static constexpr OpFacts facts{"constant", no_input,           Elements::any, Memory::known, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints shape;
  DType type = DType::f32;
  void fields(auto&& f, auto& self) const { f("shape", self.shape, required), f("type", self.type); }
  bool operator==(const Constant&) const = default;
};

/// Calls X(op) for every op: what has an overload for each is declared by it, and one that is missing does not link.
// clang-format off
#define BANOFF_OPS(X) \
  X(Conv) X(ConvTranspose) X(Dense) X(MatMul) X(BatchNorm) X(Affine) X(Binary) X(Concat) X(Split) X(Slice) \
  X(ChannelShuffle) X(Reshape) X(Transpose) X(Flatten) X(Squeeze) X(Unsqueeze) X(Pad) X(Pool) X(GlobalPool) \
  X(Resize) X(Activation) X(PRelu) X(Clamp) X(Kinked) X(Softmax) X(GroupNorm) X(LayerNorm) X(Identity) X(Cast) \
  X(Constant) X(AdaptiveAvgPool) X(Lrn) X(Anchors) X(DecodeBoxes) X(Nms) X(RoiAlign) X(PickChannel) X(Unary) \
  X(Compare) X(Pair) X(Where) X(Reduce) X(ArgReduce) X(TopK) X(Cumulate) X(Expand) X(Gather) X(GatherElements) \
  X(GatherNd) X(ScatterElements) X(ScatterNd) X(SelectBoxes) X(MaxPoolIndices) X(GridSample) X(RoiAlignBatch) \
  X(Opaque) X(Recurrent) X(Quantize) X(Dequantize) X(FakeQuantize)
// clang-format on
template <class Nothing, class... Ops>
using Listed = std::variant<Ops...>;
#define BANOFF_LISTED(op) , op
using OpVariant = Listed<void BANOFF_OPS(BANOFF_LISTED)>;
#undef BANOFF_LISTED

template <class T, class Variant>
inline constexpr bool is_alternative = false;
template <class T, class... Ops>
inline constexpr bool is_alternative<T, std::variant<Ops...>> = (std::is_same_v<T, Ops> || ...);

/// Any op, a variant for std::visit, std::get and the like. What copies, moves and destroys one is compiled once, in
/// op_table.cpp: in every file that has a node it took a third of the time to build.
class Op : public OpVariant {
 public:
  Op();
  Op(const Op& other);
  Op(Op&& other) noexcept;
  Op& operator=(const Op& other);
  Op& operator=(Op&& other) noexcept;
  ~Op();
  template <class T>
  requires is_alternative<T, OpVariant> Op(T op)
      : OpVariant(std::in_place_type<T>, std::move(op)) {}  // NOLINT(google-explicit-constructor)
};

[[nodiscard]] const OpFacts& facts_of(const Op& op);

/// A row of the op table: how a model file calls an op, and the op as it is before any key is read.
struct OpRow {
  std::string_view name;
  Op prototype;
  bool fixed = false;  ///< a name for particular attributes (relu6): takes no keys
};

[[nodiscard]] std::span<const OpRow> op_table();
/// The row called `name`, or null.
[[nodiscard]] const OpRow* find_op(std::string_view name);
/// The row that an op prints as: the most specific one whose prototype it agrees with.
[[nodiscard]] const OpRow& row_of(const Op& op);
/// What messages and reports call it: the row's name; of a node that is only carried, its operator's.
[[nodiscard]] std::string_view name_of(const Op& op);
/// The name of a parameter in a weights file, after the node's path: "weight", "running_mean", …
[[nodiscard]] std::string_view slot_name(Slot slot);

}  // namespace banoff
