// How each op is written in ONNX's operators, one overload per op.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/exporter.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff::onnx_export {

void write(const Dense& op, const Writer& w) {
  if (w.shape().rank() == 2) {
    std::vector<std::string> inputs{w.in(), w.weight()};
    if (op.bias) inputs.push_back(w.bias());
    set(w.emit("Gemm", inputs), "transB", std::int64_t{1});
    return;
  }
  const std::string turned = op.weight_scale ? w.weight(true) : w.step("Transpose", {w.weight()}, "transposed");
  if (!op.bias) return void(w.emit("MatMul", {w.in(), turned}));
  (void)w.emit("Add", {w.step("MatMul", {w.in(), turned}, "product"), w.param(Slot::bias)});
}

static std::string transposed(const Writer& w, const std::string& from, const Ints& perm, std::string_view suffix) {
  const std::string name = w.fresh(suffix);
  set(w.emit("Transpose", {from}, name), "perm", perm);
  return name;
}

static std::string transposed_last(const Writer& w, std::size_t i, std::string_view suffix) {
  Ints perm(w.shape(i).rank());
  std::iota(perm.begin(), perm.end(), 0);
  std::swap(perm[perm.size() - 1], perm[perm.size() - 2]);
  return transposed(w, w.in(i), perm, suffix);
}

void write(const MatMul& op, const Writer& w) {
  const std::string a = op.transpose_a ? transposed_last(w, 0, "a") : w.in(0);
  const std::string b = op.transpose_b ? transposed_last(w, 1, "b") : w.in(1);
  (void)w.emit("MatMul", {a, b});
}

void write(const BatchNorm& op, const Writer& w) {
  const Tensor& mean = w.tensor(Slot::mean);
  const std::string gamma =
      op.affine ? w.param(Slot::weight) : w.constant("weight", onnx_import::filled(mean.shape(), 1, w.dtype()));
  const std::string beta =
      op.affine ? w.param(Slot::bias) : w.constant("bias", onnx_import::filled(mean.shape(), 0, w.dtype()));
  set(w.emit("BatchNormalization", {w.in(), gamma, beta, w.param(Slot::mean), w.param(Slot::var)}), "epsilon", op.eps);
}

void write(const Affine& op, const Writer& w) {
  const std::size_t axis = resolve_axis(op.axis, w.shape().rank());
  if (!op.scale) return void(w.emit("Add", {w.in(), w.param_along(Slot::bias, axis)}));
  if (!op.shift) return void(w.emit("Mul", {w.in(), w.param_along(Slot::weight, axis)}));
  const std::string scaled = w.step("Mul", {w.in(), w.param_along(Slot::weight, axis)}, "scaled");
  (void)w.emit("Add", {scaled, w.param_along(Slot::bias, axis)});
}

void write(const Binary& op, const Writer& w) {
  static constexpr const char* names[] = {"Add", "Sub", "Mul", "Div"};
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < w.source().inputs.size(); ++i) inputs.push_back(w.in(i));
  (void)w.emit(inputs.size() > 2 ? "Sum" : row_for(names, op.kind), inputs);
}

void write(const Concat& op, const Writer& w) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < w.source().inputs.size(); ++i) inputs.push_back(w.in(i));
  set(w.emit("Concat", inputs), "axis", op.axis);
}

void write(const Split& op, const Writer& w) {
  onnx::NodeProto& node = w.emit("Split", {w.in(), w.numbers("sizes", split_sizes(op, w.shape()))});
  for (std::size_t i = 1; i < w.source().outputs.size(); ++i) node.add_output(w.out(i));
  set(node, "axis", op.axis);
}

void write(const Slice& op, const Writer& w) {
  const Ints step = op.step.empty() ? Ints(op.axes.size(), 1) : op.step;
  (void)w.emit("Slice", {w.in(), w.numbers("starts", op.begin), w.numbers("ends", op.end), w.numbers("axes", op.axes),
                         w.numbers("steps", step)});
}

static std::string reshaped(const Writer& w, const std::string& x, const Ints& shape, std::string_view suffix) {
  return w.step("Reshape", {x, w.numbers(fmt::format("{}_shape", suffix), shape)}, suffix);
}

void write(const ChannelShuffle& op, const Writer& w) {
  const Shape& x = w.shape();
  const std::string turned = w.fresh("turned");
  const std::string split = reshaped(w, w.in(), {0, op.groups, x[1] / op.groups, -1}, "split");
  set(w.emit("Transpose", {split}, turned), "perm", Ints{0, 2, 1, 3});
  (void)w.emit("Reshape", {turned, w.shape_to_return_to()});
}

void write(const Reshape& op, const Writer& w) { (void)w.emit("Reshape", {w.in(), w.numbers("shape", op.shape)}); }
void write(const Transpose& op, const Writer& w) {
  Ints perm;
  for (const std::int64_t axis : op.perm) perm.push_back(static_cast<std::int64_t>(resolve_axis(axis, op.perm.size())));
  set(w.emit("Transpose", {w.in()}), "perm", perm);
}
void write(const Flatten& op, const Writer& w) { set(w.emit("Flatten", {w.in()}), "axis", op.axis); }
void write(const Squeeze& op, const Writer& w) { (void)w.emit("Squeeze", {w.in(), w.numbers("axes", op.axes)}); }
void write(const Unsqueeze& op, const Writer& w) { (void)w.emit("Unsqueeze", {w.in(), w.numbers("axes", op.axes)}); }

void write(const GlobalPool& op, const Writer& w) {
  (void)w.emit(op.kind == PoolKind::max ? "GlobalMaxPool" : "GlobalAveragePool", {w.in()});
}

void write(const Resize& op, const Writer& w) {
  static constexpr const char* coordinates[] = {"half_pixel", "align_corners", "asymmetric"};
  static constexpr const char* roundings[] = {"floor", "ceil", "round_prefer_floor", "round_prefer_ceil"};
  onnx::NodeProto* node = nullptr;
  if (op.scale.empty()) {
    Ints axes, sizes;
    for (std::size_t i = 2; i < w.shape().rank(); ++i) {
      axes.push_back(static_cast<std::int64_t>(i)), sizes.push_back(w.out_shape()[i]);
    }
    const std::optional<std::string> computed = w.spatial_sizes_like_input_1();
    node = &w.emit("Resize", {w.in(), "", "", computed ? *computed : w.numbers("sizes", sizes)});
    set(*node, "axes", axes);
  } else {
    std::vector<float> scales{1, 1};
    for (std::size_t i = 2; i < w.shape().rank(); ++i) {
      scales.push_back(static_cast<float>(op.scale[op.scale.size() == 1 ? 0 : i - 2]));
    }
    const Shape length{std::ssize(scales)};
    node = &w.emit("Resize", {w.in(), "", w.constant("scales", Tensor::of<float>(length, std::move(scales)))});
  }
  set(*node, "mode", op.mode == ResizeMode::nearest ? "nearest" : "linear");
  set(*node, "coordinate_transformation_mode", coordinates[static_cast<std::size_t>(op.coordinates)]);
  set(*node, "nearest_mode", roundings[static_cast<std::size_t>(op.rounding)]);
}

/// x Phi(x), the distribution written with erf.
static void write_gelu(const Writer& w) {
  const std::string root = w.step("Mul", {w.in(), w.number("root_half", std::sqrt(0.5))}, "scaled");
  const std::string sum = w.step("Add", {w.step("Erf", {root}, "erf"), w.number("one", 1)}, "sum");
  (void)w.emit("Mul", {w.step("Mul", {w.in(), w.number("half", 0.5)}, "halved"), sum});
}

static void write_gelu_tanh(const Writer& w) {
  const std::string cube = w.step("Mul", {w.step("Mul", {w.in(), w.in()}, "square"), w.in()}, "cube");
  const std::string inner =
      w.step("Add", {w.in(), w.step("Mul", {cube, w.number("cubic", 0.044715)}, "cubic_term")}, "inner");
  const std::string scaled = w.step("Mul", {inner, w.number("scale", std::sqrt(2 / 3.14159265358979323846))}, "scaled");
  const std::string sum = w.step("Add", {w.step("Tanh", {scaled}, "tanh"), w.number("one", 1)}, "sum");
  (void)w.emit("Mul", {w.step("Mul", {w.in(), w.number("half", 0.5)}, "halved"), sum});
}

void write(const Activation& op, const Writer& w) {
  switch (op.kind) {
    case ActivationKind::relu: return void(w.emit("Relu", {w.in()}));
    case ActivationKind::clip: {
      const std::string low = std::isinf(op.alpha) ? "" : w.number("min", op.alpha);
      const std::string high = std::isinf(op.beta) ? "" : w.number("max", op.beta);
      return void(w.emit("Clip", {w.in(), low, high}));
    }
    case ActivationKind::leaky_relu: return set(w.emit("LeakyRelu", {w.in()}), "alpha", op.alpha);
    case ActivationKind::elu: return set(w.emit("Elu", {w.in()}), "alpha", op.alpha);
    case ActivationKind::sigmoid: return void(w.emit("Sigmoid", {w.in()}));
    case ActivationKind::hard_sigmoid: {
      onnx::NodeProto& node = w.emit("HardSigmoid", {w.in()});
      set(node, "alpha", op.alpha);
      return set(node, "beta", op.beta);
    }
    case ActivationKind::tanh: return void(w.emit("Tanh", {w.in()}));
    case ActivationKind::silu: return void(w.emit("Mul", {w.in(), w.step("Sigmoid", {w.in()}, "sigmoid")}));
    case ActivationKind::hard_swish: return void(w.emit("HardSwish", {w.in()}));
    case ActivationKind::gelu: return write_gelu(w);
    case ActivationKind::gelu_tanh: return write_gelu_tanh(w);
    case ActivationKind::mish: return void(w.emit("Mish", {w.in()}));
    case ActivationKind::softplus: return void(w.emit("Softplus", {w.in()}));
    case ActivationKind::linear: {
      const std::string scaled = w.step("Mul", {w.in(), w.number("alpha", op.alpha)}, "scaled");
      return void(w.emit("Add", {scaled, w.number("beta", op.beta)}));
    }
  }
}

void write(const PRelu&, const Writer& w) {
  const bool one = w.tensor(Slot::weight).elements() == 1;
  (void)w.emit("PRelu", {w.in(), one ? w.param(Slot::weight) : w.param_along(Slot::weight, 1)});
}

void write(const Clamp& op, const Writer& w) {
  const std::size_t axis = resolve_axis(op.axis, w.shape().rank());
  if (!op.upper) return void(w.emit("Max", {w.in(), w.param_along(Slot::lower, axis)}));
  const std::string low = op.lower ? w.step("Max", {w.in(), w.param_along(Slot::lower, axis)}, "above") : w.in();
  (void)w.emit("Min", {low, w.param_along(Slot::upper, axis)});
}

/// kink + above max(x - kink, 0) + below min(x - kink, 0).
void write(const Kinked& op, const Writer& w) {
  const std::size_t axis = resolve_axis(op.axis, w.shape().rank());
  const std::string kink = w.param_along(Slot::kink, axis), zero = w.number("zero", 0);
  const std::string centred = w.step("Sub", {w.in(), kink}, "centred");
  const std::string above =
      w.step("Mul", {w.step("Max", {centred, zero}, "upper"), w.param_along(Slot::above, axis)}, "upper_part");
  const std::string below =
      w.step("Mul", {w.step("Min", {centred, zero}, "lower"), w.param_along(Slot::below, axis)}, "lower_part");
  (void)w.emit("Sum", {above, below, kink});
}

void write(const Softmax& op, const Writer& w) { set(w.emit("Softmax", {w.in()}), "axis", op.axis); }

void write(const Lrn& op, const Writer& w) {
  onnx::NodeProto& node = w.emit("LRN", {w.in()});
  set(node, "size", op.size);
  set(node, "alpha", op.alpha);
  set(node, "beta", op.beta);
  set(node, "bias", op.bias);
}

/// Groups are the channels of an instance norm on a reshaped input; scale and bias follow per channel.
void write(const GroupNorm& op, const Writer& w) {
  const Shape& x = w.shape();
  const std::int64_t groups = op.groups == 0 ? x[1] : op.groups;
  const std::string grouped = reshaped(w, w.in(), {0, groups, -1}, "grouped");
  const std::string normal = w.fresh("normal");
  set(w.emit("InstanceNormalization",
             {grouped, w.constant("ones", onnx_import::filled({groups}, 1, w.dtype())),
              w.constant("zeros", onnx_import::filled({groups}, 0, w.dtype()))},
             normal),
      "epsilon", op.eps);
  const std::string shape = w.shape_to_return_to();
  if (!op.affine) return void(w.emit("Reshape", {normal, shape}));
  const std::string back = w.step("Reshape", {normal, shape}, "back");
  const std::string scaled = w.step("Mul", {back, w.param_along(Slot::weight, 1)}, "scaled");
  (void)w.emit("Add", {scaled, w.param_along(Slot::bias, 1)});
}

/// LayerNormalization takes the last axes: others go there and come back.
void write(const LayerNorm& op, const Writer& w) {
  const std::size_t rank = w.shape().rank();
  Ints order, back(rank);
  for (const std::int64_t axis : op.axes) order.push_back(static_cast<std::int64_t>(resolve_axis(axis, rank)));
  for (std::size_t axis = rank; axis-- > 0;) {
    const auto kept = static_cast<std::int64_t>(axis);
    if (std::ranges::find(order, kept) == order.end()) order.insert(order.begin(), kept);
  }
  for (std::size_t i = 0; i < rank; ++i) back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  const std::size_t first = rank - op.axes.size();
  Shape normalised;
  for (std::size_t i = first; i < rank; ++i) normalised.push_back(w.shape()[static_cast<std::size_t>(order[i])]);
  const std::string weight =
      op.affine ? w.param(Slot::weight) : w.constant("weight", onnx_import::filled(normalised, 1, w.dtype()));
  const std::string bias =
      op.affine ? w.param(Slot::bias) : w.constant("bias", onnx_import::filled(normalised, 0, w.dtype()));
  const bool moves = !std::ranges::is_sorted(order);
  const std::string x = moves ? transposed(w, w.in(), order, "last") : w.in();
  const std::string normal = moves ? w.fresh("normal") : "";
  onnx::NodeProto& node = w.emit("LayerNormalization", {x, weight, bias}, normal);
  set(node, "axis", static_cast<std::int64_t>(first));
  set(node, "epsilon", op.eps);
  if (moves) set(w.emit("Transpose", {normal}), "perm", back);
}

void write(const Identity&, const Writer& w) { (void)w.emit("Identity", {w.in()}); }

void write(const Cast& op, const Writer& w) { set(w.emit("Cast", {w.in()}), "to", std::int64_t{onnx_types[op.to]}); }

void write(const Constant&, const Writer& w) {
  const Tensor value = w.tensor(Slot::value).as(w.dtype());
  if (!w.exporter().is_constant(w.source().outputs[0], value)) (void)w.emit("Identity", {w.constant("value", value)});
}

namespace {
[[noreturn]] void has_none(const Op& op) { fail_input("{} has no ONNX operator here", row_of(op).name); }
}  // namespace

void write(const Anchors& op, const Writer&) { has_none(op); }
void write(const DecodeBoxes& op, const Writer&) { has_none(op); }
void write(const Nms& op, const Writer&) { has_none(op); }
void write(const PickChannel& op, const Writer&) { has_none(op); }

void write(const Opaque& op, const Writer& w) {
  w.exporter().write_carried(dynamic_cast<const Carried&>(*op.foreign), w.ins(), w.outs());
}

void write(const Writer& w) {
  std::visit([&](const auto& op) { write(op, w); }, w.source().op);
}

}  // namespace banoff::onnx_export
