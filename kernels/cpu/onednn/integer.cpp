// What is summed is x = scale_x (q - zero_x) with w = scale_w[out] p, so that y = scale_x scale_w[out] sum (q - zero_x)
// p. The library multiplies the sum by one number per channel and takes steps behind it. To it everything is told in
// units of what is added to it or stored last, which spares it the steps between: see `Units`.
#include "kernels/cpu/onednn/integer.hpp"

#include <algorithm>
#include <utility>

#include "kernels/cpu/behind_layer.hpp"
#include "kernels/cpu/onednn/cost.hpp"
#include "kernels/cpu/onednn/geometry.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::onednn {

namespace {

using Type = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

Type library_type(const Stored& stored) { return stored.type == DType::u8 ? Type::u8 : Type::s8; }

bool is_integer_grid(const std::optional<Stored>& stored) {
  return stored && stored->scale > 0 && (stored->type == DType::u8 || stored->type == DType::i8);
}

/// An activation in units of `unit`: its bounds; nothing where it cannot be told so.
std::optional<Activation> in_units(Activation op, double unit) {
  if (op.kind == ActivationKind::relu || op.kind == ActivationKind::leaky_relu) return op;
  if (op.kind == ActivationKind::clip) return Activation{op.kind, op.alpha / unit, op.beta / unit};
  return unit == 1 ? std::optional(op) : std::nullopt;
}

/// Whether storing the result does what the activation would: its bounds are those of the numbers, or beyond.
bool is_in_storing(const Activation& op, const Stored& result) {
  const IntegerRange range = range_of(result.type);
  const double low = static_cast<double>(result.scale) * static_cast<double>(range.least - result.zero_point);
  const double high = static_cast<double>(result.scale) * static_cast<double>(range.most - result.zero_point);
  if (op.kind == ActivationKind::relu) return low >= 0;
  return op.kind == ActivationKind::clip && op.alpha <= low && op.beta >= high;
}

/// A layer in its region.
struct Layer {
  const Node& node;
  const Conv* conv;
  Shape x, y;
  Stored source;
  std::optional<Stored> result;
  std::vector<Window> spatial;
  Geometry geometry;
  WeightShape weights;
  cpu::BehindLayer behind;
  // What the library is told.
  Md src, dst;
  std::vector<float> scale, bias;  ///< per output; the bias in units of the result
  dnnl::post_ops ops;
  std::vector<Binding> operands;

  explicit Layer(const Region& region)
      : node(region.node(0)),
        conv(node.as<Conv>()),
        x(region.type(node.inputs[0]).shape),
        y(region.type(node.outputs[0]).shape),
        behind(region) {
    if (!has_weight_scale(node.op)) throw Refused{"weights that are on no grid"};
    const auto& type = region.type(node.inputs[0]);
    if (!is_integer_grid(type.stored)) throw Refused{"its input is not stored as integers"};
    source = *type.stored;
    result = region.type(region.outputs[0]).stored;
    if (result && !is_integer_grid(result)) throw Refused{"a result stored as no integer"};
    if (result && behind.put == nullptr) throw Refused{"a result that nothing puts on a grid"};
    if (!result && behind.put != nullptr) throw Refused{"a result on a grid that is not stored there"};
    if (conv != nullptr) {
      if (conv->pad_value) throw Refused{"padding other than zero in integers"};
      spatial = windows(*conv, x);
      const std::int64_t groups = groups_of(*conv, x);
      weights = {groups, conv->out / groups, x[1] / groups};
    } else {
      // A dense layer is a convolution of images of one pixel.
      weights = {1, y.back(), x.back()};
      x = {x.elements(0, x.rank() - 1), x.back(), 1, 1};
      y = {x[0], weights.out, 1, 1};
      spatial = {{1, 1, 1, 1, 1, 0, 0}, {1, 1, 1, 1, 1, 0, 0}};
    }
    geometry = onednn::geometry(spatial);
    require_layouts(region);
    src = descriptor_of(library_type(source), x, Layout::channels_last);
    dst = descriptor_of(result ? library_type(*result) : Type::f32, y, Layout::channels_last);
    tell(region);
  }

  [[nodiscard]] Md weights_any() const { return {weights.dims(geometry.kernel), Type::s8, Tag::any}; }
  [[nodiscard]] Md bias_md() const { return {{std::ssize(bias)}, Type::f32, Tag::a}; }

  [[nodiscard]] double us(const std::string& implementation, int threads) const {
    const bool depthwise = weights.in == 1 && weights.groups > 1;
    const double floats = convolution_us({x, y, spatial, weights.groups, weights.in, weights.out, Layout::channels_last,
                                          Layout::channels_last, implementation},
                                         threads);
    // Measured ratios to the same layer in floats (docs/quantisation.md).
    return floats * (depthwise ? 0.9 : 0.3);
  }

 private:
  void require_layouts(const Region& region) const {
    if (conv == nullptr) return;
    const auto fits = [&](const Shape& shape, Layout layout) {
      return same_bytes(shape, layout, Layout::channels_last);
    };
    for (std::size_t i = 0; i < region.inputs.size(); ++i) {
      if (!fits(region.type(region.inputs[i]).shape, region.input_layouts[i]))
        throw Refused{"integers in a layout other than channels-last"};
    }
    if (!fits(y, region.output_layouts[0])) throw Refused{"integers in a layout other than channels-last"};
  }

  void activate(const Activation* op, double unit) {
    if (op == nullptr) return;
    const auto told = in_units(*op, unit);
    if (!told || !append_activation(ops, *told)) throw Refused{"no such activation behind a layer of integers"};
  }

  void tell(const Region& region) {
    const Graph& graph = *region.graph;
    std::vector<double> step = graph.param(node, Slot::weight_scale)->to_vector<double>();
    for (double& s : step) s *= static_cast<double>(source.scale);
    std::vector<double> shift(step.size(), 0.0);
    if (const Tensor* given = graph.param(node, Slot::bias)) shift = given->to_vector<double>();
    const std::optional<Stored> other = behind.added == none ? std::nullopt : region.type(behind.added).stored;
    const bool adds_numbers = is_integer_grid(other);
    const bool plain = behind.activation == nullptr || in_units(*behind.activation, 2).has_value();
    // In units of what is added, else of what is stored, else as it is.
    const double unit = adds_numbers                              ? static_cast<double>(other->scale)
                        : result && plain && behind.added == none ? static_cast<double>(result->scale)
                                                                  : 1.0;
    const bool last = result && !adds_numbers && unit != 1.0;  // no step of its own for the result's scale
    for (std::size_t o = 0; o < step.size(); ++o) {
      scale.push_back(static_cast<float>(step[o] / unit));
      shift[o] = shift[o] / unit - (adds_numbers ? static_cast<double>(other->zero_point) : 0.0);
    }
    if (behind.added != none) {
      if (adds_numbers && behind.before_sum != nullptr && other->zero_point != 0)
        throw Refused{"an activation before a sum with numbers that are not symmetric"};
      activate(behind.before_sum, unit);
      const Md md = descriptor_of(adds_numbers ? library_type(*other) : Type::f32, y, Layout::channels_last);
      if (other && !adds_numbers) throw Refused{"a sum with shorter floats"};
      if (region.type(behind.added).shape != region.type(region.outputs[0]).shape)
        throw Refused{"a broadcast operand behind a layer of integers"};
      operands.push_back(
          {DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops.len()) | DNNL_ARG_SRC_1, md, input_of(region, behind.added)});
      ops.append_binary(dnnl::algorithm::binary_add, md);
    }
    const bool spared = behind.activation != nullptr && result && is_in_storing(*behind.activation, *result);
    if (!spared) activate(behind.activation, unit);
    if (result) {
      const double factor = unit / static_cast<double>(result->scale);
      const double zero = result->zero_point;
      if (last && ops.len() == 0) {
        for (double& s : shift) s += zero;
      } else if (factor != 1 || zero != 0) {
        if (!append_eltwise(ops, dnnl::algorithm::eltwise_linear, static_cast<float>(factor), static_cast<float>(zero)))
          throw Refused{"an activation that the library cannot tell from the result's scale"};
      }
    } else if (unit != 1) {  // a float, though what was added lies on a grid
      if (!append_eltwise(ops, dnnl::algorithm::eltwise_linear, static_cast<float>(unit), 0.0F))
        throw Refused{"an activation that the library cannot tell from the scale of what is added"};
    }
    for (const double s : shift) bias.push_back(static_cast<float>(s));
  }
};

/// Attributes: the scale of the sums and where the source's zero lies.
dnnl::primitive_attr attributes_of(const Layer& layer) {
  dnnl::primitive_attr attr = attributes(layer.ops);
#if DNNL_VERSION_MAJOR >= 3
  attr.set_scales_mask(DNNL_ARG_WEIGHTS, layer.weights.groups > 1 ? 3 : 1);
  if (layer.source.zero_point != 0) attr.set_zero_points_mask(DNNL_ARG_SRC, 0);
#else
  attr.set_output_scales(1 << 1, layer.scale);
  if (layer.source.zero_point != 0) attr.set_zero_points(DNNL_ARG_SRC, 0, {layer.source.zero_point});
#endif
  return attr;
}

/// 2.6 adds the bias to the sum before it is scaled.
std::vector<float> told_bias(const Layer& layer) {
  std::vector<float> bias = layer.bias;
  if (!version3) {
    for (std::size_t o = 0; o < bias.size(); ++o) bias[o] /= layer.scale[o];
  }
  return bias;
}

Compiled make_layer(const Context& context, const Region& region, const dnnl::convolution_forward::primitive_desc& pd) {
  const Layer layer(region);
  const Graph& graph = *region.graph;
  PrimitiveParts parts;
  parts.primitive = dnnl::convolution_forward(pd);
  parts.implementation = std::string("int8:") + pd.impl_info_str();
  parts.inputs.push_back({DNNL_ARG_SRC, layer.src, input_of(region, layer.node.inputs[0])});
  parts.inputs.insert(parts.inputs.end(), layer.operands.begin(), layer.operands.end());
  parts.output = layer.dst;
  const Tensor numbers =
      grid_numbers(*graph.param(layer.node, Slot::weight), *graph.param(layer.node, Slot::weight_scale)).as(DType::f32);
  const Tag given = weights_tag(layer.weights.groups > 1, layer.geometry.kernel.size());
  const Md rows(layer.weights.dims(layer.geometry.kernel), Type::f32, given);
  parts.constants.emplace_back(DNNL_ARG_WEIGHTS, packed(context, numbers.values<float>(), rows, pd.weights_desc()));
  parts.constants.emplace_back(DNNL_ARG_BIAS, packed(context, told_bias(layer), layer.bias_md(), layer.bias_md()));
#if DNNL_VERSION_MAJOR >= 3
  const Md scales({std::ssize(layer.scale)}, Type::f32, Tag::a);
  parts.constants.emplace_back(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, packed(context, layer.scale, scales, scales));
  if (layer.source.zero_point != 0) {
    const Md one({1}, Type::f32, Tag::a), whole({1}, Type::s32, Tag::a);
    const std::vector<float> zero{static_cast<float>(layer.source.zero_point)};
    parts.constants.emplace_back(DNNL_ARG_ATTR_ZERO_POINTS | DNNL_ARG_SRC, packed(context, zero, one, whole));
  }
#endif
  parts.scratchpad = pd.scratchpad_desc();
  return primitive_kernel(context, std::move(parts));
}

/// Without instructions for such sums the library adds two products in 16 bits, which saturate.
bool sums_exactly() {
  const auto isa = static_cast<unsigned>(dnnl_get_effective_cpu_isa());
  const auto has = [isa](dnnl_cpu_isa_t wanted) {
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
  };
  return has(dnnl_cpu_isa_avx512_core_vnni) || has(dnnl_cpu_isa_avx2_vnni);
}

}  // namespace

std::vector<Offer> integer_layer(const Context& context, const Region& region) {
  if (!sums_exactly()) throw Refused{"the library's sums of 16 bits, which saturate"};
  const Layer layer(region);
  std::vector<Offer> offers;
  for (const auto& pd : implementations<dnnl::convolution_forward>(
           context, context.implementations, attributes_of(layer), dnnl::prop_kind::forward_inference,
           dnnl::algorithm::convolution_direct, layer.src, layer.weights_any(), layer.bias_md(), layer.dst,
           layer.geometry.stride, layer.geometry.dilation, layer.geometry.pad_begin, layer.geometry.pad_end)) {
    const std::string name = pd.impl_info_str();
    offers.push_back({"int8:" + name, layer.us(name, context.threads), is_slow(name),
                      [&context, region, pd] { return make_layer(context, region, pd); }});
  }
  return offers;
}

}  // namespace banoff::onednn
