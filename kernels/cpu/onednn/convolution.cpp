#include "kernels/cpu/onednn/convolution.hpp"

#include <algorithm>

#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/onednn/border.hpp"
#include "kernels/cpu/onednn/cost.hpp"
#include "kernels/cpu/onednn/epilogue.hpp"
#include "kernels/cpu/onednn/geometry.hpp"
#include "kernels/cpu/onednn/pass_behind.hpp"

namespace banoff::onednn {

namespace {

using Tag = dnnl::memory::format_tag;
constexpr auto f32 = dnnl::memory::data_type::f32;

/// How many neighbouring groups to merge so that each has a multiple of 8 channels, with zeros between them: a
/// convolution of few channels per group has no vectorised implementation, and one of 8 costs less than the loss.
std::int64_t groups_to_merge(const WeightShape& w) {
  const bool depthwise = w.in == 1 && w.out == 1;
  if (w.groups == 1 || depthwise || w.in >= 8 || w.out >= 8) return 1;
  std::int64_t merged = 2;
  while (merged <= 8 && (w.groups % merged != 0 || w.in * merged % 8 != 0 || w.out * merged % 8 != 0)) merged *= 2;
  return merged > 8 ? 1 : merged;
}

std::vector<float> merge_groups(std::span<const float> values, const WeightShape& w, std::int64_t merged) {
  const std::int64_t wide_in = w.in * merged;
  const auto taps = std::ssize(values) / (w.groups * w.out * w.in);
  std::vector<float> wide(values.size() * static_cast<std::size_t>(merged), 0.0F);
  for (std::int64_t o = 0; o < w.groups * w.out; ++o) {
    const std::int64_t place = o / w.out % merged;  // of the group within its merged group
    const float* from = values.data() + o * w.in * taps;
    std::copy(from, from + w.in * taps, wide.data() + (o * wide_in + place * w.in) * taps);
  }
  return wide;
}

/// What the padding reads, by channel; empty when that is zero or nothing.
std::vector<float> padding_values(const Region& region, const Node& node, const std::vector<Window>& windows) {
  const bool padded = std::ranges::any_of(windows, [](const Window& w) { return w.pad_begin != 0 || w.pad_end != 0; });
  auto values = floats(region, node, Slot::pad_value);
  if (!padded || std::ranges::all_of(values, [](float v) { return v == 0; })) values.clear();
  return values;
}

/// What oneDNN is told of a linear op and what follows it.
struct Linear {
  Dims weights;  ///< as oneDNN sees them
  Md src, dst;
  Md bias;  ///< empty where there is none, or where the library is not told of it
  Epilogue tail;
  dnnl::memory::data_type weights_type = f32;
};

/// The kernel of a convolution-like primitive descriptor, with its constants packed: `weights` lie as `given` says.
template <class Primitive>
std::unique_ptr<Kernel> finish(const Context& context, const Region& region,
                               const typename Primitive::primitive_desc& pd, const Linear& linear,
                               std::span<const float> weights, Tag given) {
  const Node& node = region.node(0);
  PrimitiveParts parts;
  parts.primitive = Primitive(pd);
  parts.implementation = pd.impl_info_str();
  parts.inputs.push_back({DNNL_ARG_SRC, linear.src, input_of(region, node.inputs[0])});
  parts.inputs.insert(parts.inputs.end(), linear.tail.operands.begin(), linear.tail.operands.end());
  parts.output = linear.dst;
  parts.constants = linear.tail.packed_constants(context);
  parts.constants.emplace_back(DNNL_ARG_WEIGHTS,
                               packed(context, weights, Md(linear.weights, f32, given), pd.weights_desc()));
  if (const auto bias = floats(region, node, Slot::bias); !bias.empty() && linear.bias != Md())
    parts.constants.emplace_back(DNNL_ARG_BIAS, packed(context, bias, linear.bias, linear.bias));
  parts.scratchpad = pd.scratchpad_desc();
  parts.in_place = linear.tail.in_place;
  return primitive_kernel(context, std::move(parts));
}

/// The epilogue of a convolution onto `y`. Values per channel that have the shape of a single pixel must have its
/// layout too, or they count as an operand in another one.
Target target_of(const Shape& y, Layout layout) {
  Shape channels(std::vector<std::int64_t>(y.rank(), 1));
  channels[1] = y[1];
  return {float_descriptor, descriptor(channels, channels == y ? layout : Layout::channels_last)};
}

Md bias_descriptor(const Region& region, const Node& node) {
  const Tensor* bias = region.graph->param(node, Slot::bias);
  return bias == nullptr ? Md() : Md({bias->elements()}, f32, Tag::a);
}

/// A convolution node in its region.
struct Convolution {
  const Node& node;
  const Conv& op;
  const Shape &x, &y;
  Layout from, to;
  std::vector<Window> spatial;
  Geometry geometry;
  std::vector<float> padding;  ///< what it reads, by channel; empty when that is zero or nothing
  WeightShape given;
  std::int64_t merged;  ///< groups of `given` that are one to oneDNN
  Linear linear;

  explicit Convolution(const Region& region)
      : node(region.node(0)),
        op(*node.as<Conv>()),
        x(region.type(node.inputs[0]).shape),
        y(region.type(node.outputs[0]).shape),
        from(region.input_layouts[input_of(region, node.inputs[0])]),
        to(region.output_layouts[0]),
        spatial(windows(op, x)),
        geometry(onednn::geometry(spatial)),
        padding(padding_values(region, node, spatial)),
        given{groups_of(op, x), op.out / groups_of(op, x), x[1] / groups_of(op, x)},
        merged(groups_to_merge(given)) {
    const TensorType& source = region.type(node.inputs[0]);
    linear = {wide().dims(geometry.kernel), float_descriptor(source, from),
              float_descriptor(region.type(region.outputs[0]), to), bias_descriptor(region, node),
              epilogue(region, target_of(y, to))};
    if (!source.stored) {
      if (region.type(region.outputs[0]).stored) throw Refused{"floats of 32 bits in, of 16 out"};
      return;
    }
    if (!padding.empty()) throw Refused{"padding other than zero of floats of 16 bits"};
    linear.weights_type = dnnl::memory::data_type::bf16;
  }

  [[nodiscard]] WeightShape wide() const { return {given.groups / merged, given.out * merged, given.in * merged}; }

  [[nodiscard]] double us(const std::string& implementation, int threads) const {
    const auto elements = static_cast<double>(y.elements());
    const double border_us = padding.empty() ? 0.0 : cpu::pass_us(12.0 * border_share(spatial) * elements, threads);
    const double tail_us =
        linear.tail.us_per_element / threads +
        static_cast<double>(linear.tail.constants.size()) * per_channel_us(implementation, to, threads) +
        static_cast<double>(linear.tail.whole_operands) * operand_us(implementation, 4 * elements, threads);
    const WeightShape w = wide();
    // Measured: products of 16 bits take little more than half the time of those of 32 (docs/quantisation.md).
    const double share = linear.weights_type == f32 ? 1.0 : 0.58;
    return border_us +
           share * convolution_us({x, y, spatial, w.groups, w.in, w.out, from, to, implementation}, threads) +
           tail_us * elements;
  }
};

std::unique_ptr<Kernel> make_convolution(const Context& context, const Region& region,
                                         const dnnl::convolution_forward::primitive_desc& pd) {
  const Convolution c(region);
  const Tensor weight = float_tensor(region, c.node, Slot::weight);
  const std::span<const float> values = weight.values<float>();
  const auto merged = c.merged == 1 ? std::vector<float>{} : merge_groups(values, c.given, c.merged);
  const Tag tag = weights_tag(c.wide().groups > 1, c.geometry.kernel.size());
  auto kernel = finish<dnnl::convolution_forward>(context, region, pd, c.linear,
                                                  c.merged == 1 ? values : std::span<const float>(merged), tag);
  if (c.padding.empty()) return kernel;
  return bordered_kernel(Border({c.spatial, c.given.groups, values, c.padding}, c.y, c.to), std::move(kernel));
}

/// A transposed convolution node in its region. Version 2.6 adds the bias, and runs what follows, element by element
/// behind the name of a fast implementation (three times slower at 64 channels): there they are a pass of our own.
struct Transposed {
  const Node& node;
  const ConvTranspose& op;
  const Shape &x, &y;
  std::vector<Window> spatial;
  Geometry geometry;
  Linear linear;
  cpu::PointwiseChain behind;  ///< what the library is not told of

  explicit Transposed(const Region& region)
      : node(region.node(0)),
        op(*node.as<ConvTranspose>()),
        x(region.type(node.inputs[0]).shape),
        y(region.type(node.outputs[0]).shape),
        spatial(windows(op, x)),
        geometry(onednn::geometry(spatial)) {
    for (std::size_t i = 0; i < spatial.size(); ++i) {  // output padding is padding left out
      const Window& w = spatial[i];
      const std::size_t at = i + geometry.kernel.size() - spatial.size();
      geometry.pad_end[at] = (w.input - 1) * w.stride + (w.kernel - 1) * w.dilation + 1 - w.pad_begin - w.output;
    }
    const WeightShape weights{op.groups, op.out / op.groups, x[1] / op.groups};
    linear = {weights.dims(geometry.kernel),
              descriptor(x, source_layout(region)),
              descriptor(y, region.output_layouts[0]),
              {},
              {attributes(), {}, {}}};
    if (version3) {
      linear.bias = bias_descriptor(region, node);
      linear.tail = epilogue(region, target_of(y, region.output_layouts[0]));
    } else {
      behind = cpu::parse_pass_behind(region, floats(region, node, Slot::bias));
    }
  }

  [[nodiscard]] double us(const Region& region, const std::string& implementation, int threads) const {
    const double own = behind.steps.empty() ? 0.0 : cpu::pointwise_us(behind, threads);
    return own + transposed_convolution_us(x, op, spatial, source_layout(region), implementation, threads);
  }

  [[nodiscard]] Layout source_layout(const Region& region) const {
    return region.input_layouts[input_of(region, node.inputs[0])];
  }
};

/// A dense layer as oneDNN is told of it.
Linear linear_of_dense(const Region& region) {
  const Node& node = region.node(0);
  const Shape& x = region.type(node.inputs[0]).shape;
  const std::int64_t rows = x.elements(0, x.rank() - 1);
  const std::int64_t out = node.as<Dense>()->out;
  const Md dst({rows, out}, f32, Tag::ab);
  const auto operand = [&](const TensorType& given, Layout) {
    if (given.shape.elements() != rows * out || given.stored) throw Refused{"a broadcast operand behind a dense layer"};
    return dst;
  };
  return {{out, x.back()},
          Md({rows, x.back()}, f32, Tag::ab),
          dst,
          bias_descriptor(region, node),
          epilogue(region, {operand, Md({1, out}, f32, Tag::ab), x.rank() - 1})};
}

/// The implementations of a convolution or its transpose.
template <class Primitive>
auto implementations_of(const Context& context, dnnl::algorithm algorithm, const Linear& linear, const Geometry& g) {
  return implementations<Primitive>(context, context.implementations, linear.tail.attr,
                                    dnnl::prop_kind::forward_inference, algorithm, linear.src,
                                    Md(linear.weights, linear.weights_type, Tag::any), linear.bias, linear.dst,
                                    g.stride, g.dilation, g.pad_begin, g.pad_end);
}

}  // namespace

std::vector<Offer> convolution(const Context& context, const Region& region) {
  const Convolution c(region);
  if (!c.padding.empty() && region.nodes.size() > 1 && c.linear.tail.in_place == none)
    throw Refused{"an activation right behind padding other than zero"};
  std::vector<Offer> offers;
  for (const auto& pd : implementations_of<dnnl::convolution_forward>(context, dnnl::algorithm::convolution_direct,
                                                                      c.linear, c.geometry)) {
    const std::string name = pd.impl_info_str();
    offers.push_back({c.padding.empty() ? name : bordered_name(name), c.us(name, context.threads), is_slow(name),
                      [&context, region, pd] { return make_convolution(context, region, pd); }});
  }
  return offers;
}

std::vector<Offer> transposed_convolution(const Context& context, const Region& region) {
  const Transposed t(region);
  std::vector<Offer> offers;
  for (const auto& pd : implementations_of<dnnl::deconvolution_forward>(context, dnnl::algorithm::deconvolution_direct,
                                                                        t.linear, t.geometry)) {
    const std::string name = pd.impl_info_str();
    const double us = t.us(region, name, context.threads);
    offers.push_back({name_with_pass_behind(name, t.behind), us, is_slow(name), [&context, region, pd]() -> Compiled {
                        Transposed again(region);
                        const bool flat = again.geometry.kernel.size() == 2;
                        const bool grouped = again.op.groups > 1;
                        const Tag given = grouped ? (flat ? Tag::giohw : Tag::giodhw) : (flat ? Tag::iohw : Tag::iodhw);
                        const Tensor weight = float_tensor(region, again.node, Slot::weight);
                        auto kernel = finish<dnnl::deconvolution_forward>(context, region, pd, again.linear,
                                                                          weight.values<float>(), given);
                        return with_pass_behind(std::move(kernel), std::move(again.behind));
                      }});
  }
  return offers;
}

std::vector<Offer> dense(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  if (region.input_layouts[input_of(region, node.inputs[0])] != Layout::plain ||
      region.output_layouts[0] != Layout::plain)
    throw Refused{"dense in a layout other than plain"};
  const Linear linear = linear_of_dense(region);
  // Every implementation of a dense layer is a matrix product, so that "gemm" in its name is no warning here.
  const auto pds = implementations<dnnl::inner_product_forward>(
      context, 1, linear.tail.attr, dnnl::prop_kind::forward_inference, linear.src, Md(linear.weights, f32, Tag::any),
      linear.bias, linear.dst);
  const Shape& x = region.type(node.inputs[0]).shape;
  const double us = product_us(x.elements(0, x.rank() - 1), linear.weights[0], x.back(), context.threads);
  return {{pds[0].impl_info_str(), us, false, [&context, region, pd = pds[0]]() -> Compiled {
             const Tensor weight = float_tensor(region, region.node(0), Slot::weight);
             return finish<dnnl::inner_product_forward>(context, region, pd, linear_of_dense(region),
                                                        weight.values<float>(), Tag::ab);
           }}};
}

}  // namespace banoff::onednn
