#include "kernels/cpu/onednn/convolution.hpp"

#include <algorithm>

#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/onednn/border.hpp"
#include "kernels/cpu/onednn/cost.hpp"
#include "kernels/cpu/onednn/epilogue.hpp"

namespace banoff::onednn {

namespace {

using Tag = dnnl::memory::format_tag;
constexpr auto f32 = dnnl::memory::data_type::f32;

/// oneDNN's arguments of a window: rank 1 gets a height of 1, dilation counts the gaps.
struct Geometry {
  Dims kernel, stride, dilation, pad_begin, pad_end;
};

Geometry geometry(std::vector<Window> windows) {
  if (windows.size() == 1) windows.insert(windows.begin(), Window{1, 1, 1, 1, 1, 0, 0});
  Geometry g;
  for (const Window& w : windows) {
    g.kernel.push_back(w.kernel);
    g.stride.push_back(w.stride);
    g.dilation.push_back(w.dilation - 1);
    g.pad_begin.push_back(w.pad_begin);
    g.pad_end.push_back(w.pad_end);
  }
  return g;
}

/// Weights [groups, out, in, kernel…] of each group, groups left out when there is one.
struct Weights {
  std::vector<float> values;
  std::int64_t groups = 1, out = 1, in = 1;

  [[nodiscard]] Dims dims(const Dims& kernel) const {
    Dims d = groups > 1 ? Dims{groups, out, in} : Dims{out, in};
    d.insert(d.end(), kernel.begin(), kernel.end());
    return d;
  }
};

/// Neighbouring groups merged until each has a multiple of 8 channels, with zeros between them: a convolution of few
/// channels per group has no vectorised implementation, and one of 8 costs less than the loss.
Weights merge_groups(Weights w) {
  const bool depthwise = w.in == 1 && w.out == 1;
  if (w.groups == 1 || depthwise || w.in >= 8 || w.out >= 8) return w;
  std::int64_t merged = 2;
  while (merged <= 8 && (w.groups % merged != 0 || w.in * merged % 8 != 0 || w.out * merged % 8 != 0)) merged *= 2;
  if (merged > 8) return w;
  Weights wide{{}, w.groups / merged, w.out * merged, w.in * merged};
  if (w.values.empty()) return wide;
  const auto taps = static_cast<std::int64_t>(w.values.size()) / (w.groups * w.out * w.in);
  wide.values.resize(w.values.size() * static_cast<std::size_t>(merged), 0.0F);
  for (std::int64_t o = 0; o < w.groups * w.out; ++o) {
    const std::int64_t place = o / w.out % merged;  // of the group within its merged group
    const float* from = w.values.data() + o * w.in * taps;
    std::copy(from, from + w.in * taps, wide.values.data() + (o * wide.in + place * w.in) * taps);
  }
  return wide;
}

/// The node's weights, unless only the cost is asked for.
std::vector<float> values_of(const Region& region, const Node& node) {
  return region.estimate ? std::vector<float>{} : floats(region, node, Slot::weight);
}

Tag weights_tag(bool grouped, std::size_t rank) {
  if (rank == 2) return grouped ? Tag::goihw : Tag::oihw;
  return grouped ? Tag::goidhw : Tag::oidhw;
}

/// What the padding reads, by channel; empty when that is zero or nothing.
std::vector<float> padding_values(const Region& region, const Node& node, const std::vector<Window>& windows) {
  const bool padded = std::ranges::any_of(windows, [](const Window& w) { return w.pad_begin != 0 || w.pad_end != 0; });
  auto values = floats(region, node, Slot::pad_value);
  if (!padded || std::ranges::all_of(values, [](float v) { return v == 0; })) values.clear();
  return values;
}

/// Packs weights and bias, and makes the kernel of a convolution-like primitive descriptor.
template <class Primitive>
std::unique_ptr<Kernel> finish(const Context& context, const typename Primitive::primitive_desc& pd, Epilogue tail,
                               const Md& src, const Md& dst, PackedPtr weights, const std::vector<float>& bias,
                               double cost) {
  PrimitiveParts parts;
  parts.primitive = Primitive(pd);
  parts.implementation = pd.impl_info_str();
  parts.inputs.push_back({DNNL_ARG_SRC, src, 0});
  parts.inputs.insert(parts.inputs.end(), tail.operands.begin(), tail.operands.end());
  parts.output = dst;
  parts.constants = std::move(tail.constants);
  parts.constants.emplace_back(DNNL_ARG_WEIGHTS, std::move(weights));
  if (!bias.empty()) {
    const Md md({static_cast<std::int64_t>(bias.size())}, f32, Tag::a);
    parts.constants.emplace_back(DNNL_ARG_BIAS, packed(context, bias, md, md));
  }
  parts.scratchpad = pd.scratchpad_desc();
  parts.in_place = tail.in_place;
  parts.cost_us = cost;
  return primitive_kernel(context, std::move(parts));
}

/// The epilogue of a convolution onto `y`. Values per channel that have the shape of a single pixel must have its
/// layout too, or they count as an operand in another one.
Target target_of(const Shape& y, Layout layout) {
  Shape channels(std::vector<std::int64_t>(y.rank(), 1));
  channels[1] = y[1];
  return {descriptor, descriptor(channels, channels == y ? layout : Layout::channels_last)};
}

Md bias_descriptor(const std::vector<float>& bias) {
  return bias.empty() ? Md() : Md({static_cast<std::int64_t>(bias.size())}, f32, Tag::a);
}

}  // namespace

std::unique_ptr<Kernel> convolution(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<Conv>();
  const Shape& x = region.type(node.inputs[0]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  const auto spatial = windows(op, x);
  const auto padding = padding_values(region, node, spatial);
  const Geometry g = geometry(spatial);
  const std::int64_t groups = groups_of(op, x);
  const Weights weights = merge_groups({values_of(region, node), groups, op.out / groups, x[1] / groups});
  const auto bias = floats(region, node, Slot::bias);
  const std::size_t source = input_of(region, node.inputs[0]);
  const Md src = descriptor(x, region.input_layouts[source]);
  const Md dst = descriptor(y, region.output_layouts[0]);
  Epilogue tail = epilogue(context, region, target_of(y, region.output_layouts[0]));
  if (!padding.empty() && region.nodes.size() > 1 && tail.in_place == none)
    throw Refused{"an activation right behind padding other than zero"};
  const Dims dims = weights.dims(g.kernel);
  const auto pd = choose<dnnl::convolution_forward>(
      context, tail.attr, region.last_resort || context.allow_slow, dnnl::prop_kind::forward_inference,
      dnnl::algorithm::convolution_direct, src, Md(dims, f32, Tag::any), bias_descriptor(bias), dst, g.stride,
      g.dilation, g.pad_begin, g.pad_end);
  const bool grouped = weights.groups > 1;
  const double border_us =
      padding.empty() ? 0.0
                      : cpu::pass_us(12.0 * border_share(spatial) * static_cast<double>(y.elements()), context.threads);
  const double tail_us =
      tail.us_per_element / context.threads +
      tail.per_channel * per_channel_us(pd.impl_info_str(), region.output_layouts[0], context.threads);
  const double cost = border_us +
                      convolution_us({x, y, spatial, weights.groups, weights.in, weights.out,
                                      region.input_layouts[source], region.output_layouts[0], pd.impl_info_str()},
                                     context.threads) +
                      tail_us * static_cast<double>(y.elements());
  if (region.estimate) return estimated_kernel(pd.impl_info_str(), cost);
  PackedPtr ready =
      packed(context, weights.values, Md(dims, f32, weights_tag(grouped, g.kernel.size())), pd.weights_desc());
  auto kernel = finish<dnnl::convolution_forward>(context, pd, std::move(tail), src, dst, std::move(ready), bias, cost);
  if (padding.empty()) return kernel;
  const auto given = values_of(region, node);
  return bordered_kernel(Border({spatial, groups, given, padding}, y, region.output_layouts[0]), std::move(kernel),
                         cost);
}

std::unique_ptr<Kernel> transposed_convolution(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<ConvTranspose>();
  // Version 2.6 runs what follows element by element behind the name of a fast implementation.
  if (!version3 && region.nodes.size() > 1) throw Refused{"slow epilogue of a transposed convolution"};
  const Shape& x = region.type(node.inputs[0]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  const auto spatial = windows(op, x);
  Geometry g = geometry(spatial);
  for (std::size_t i = 0; i < spatial.size(); ++i) {  // output padding is padding left out
    const Window& w = spatial[i];
    const std::size_t at = i + g.kernel.size() - spatial.size();
    g.pad_end[at] = (w.input - 1) * w.stride + (w.kernel - 1) * w.dilation + 1 - w.pad_begin - w.output;
  }
  const Weights weights{values_of(region, node), op.groups, op.out / op.groups, x[1] / op.groups};
  const auto bias = floats(region, node, Slot::bias);
  const std::size_t source = input_of(region, node.inputs[0]);
  const Md src = descriptor(x, region.input_layouts[source]);
  const Md dst = descriptor(y, region.output_layouts[0]);
  Epilogue tail = epilogue(context, region, target_of(y, region.output_layouts[0]));
  const Dims dims = weights.dims(g.kernel);
  const auto pd = choose<dnnl::deconvolution_forward>(
      context, tail.attr, region.last_resort || context.allow_slow, dnnl::prop_kind::forward_inference,
      dnnl::algorithm::deconvolution_direct, src, Md(dims, f32, Tag::any), bias_descriptor(bias), dst, g.stride,
      g.dilation, g.pad_begin, g.pad_end);
  const bool flat = g.kernel.size() == 2;
  const Tag given = op.groups > 1 ? (flat ? Tag::giohw : Tag::giodhw) : (flat ? Tag::iohw : Tag::iodhw);
  const double cost =
      transposed_convolution_us(x, op, spatial, region.input_layouts[source], pd.impl_info_str(), context.threads);
  if (region.estimate) return estimated_kernel(pd.impl_info_str(), cost);
  PackedPtr ready = packed(context, weights.values, Md(dims, f32, given), pd.weights_desc());
  return finish<dnnl::deconvolution_forward>(context, pd, std::move(tail), src, dst, std::move(ready), bias, cost);
}

std::unique_ptr<Kernel> dense(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<Dense>();
  const Shape& x = region.type(node.inputs[0]).shape;
  const std::size_t source = input_of(region, node.inputs[0]);
  if (region.input_layouts[source] != Layout::plain || region.output_layouts[0] != Layout::plain)
    throw Refused{"dense in a layout other than plain"};
  const std::int64_t rows = x.elements(0, x.rank() - 1);
  const std::int64_t in = x.back();
  const auto bias = floats(region, node, Slot::bias);
  const Md src({rows, in}, f32, Tag::ab);
  const Md dst({rows, op.out}, f32, Tag::ab);
  const auto operand = [&](const Shape& given, Layout) {
    if (given.elements() != rows * op.out) throw Refused{"a broadcast operand behind a dense layer"};
    return dst;
  };
  Epilogue tail = epilogue(context, region, {operand, Md({1, op.out}, f32, Tag::ab), x.rank() - 1});
  // Every implementation of a dense layer is a matrix product, so that "gemm" in its name is no warning here.
  const auto pd = choose<dnnl::inner_product_forward>(context, tail.attr, true, dnnl::prop_kind::forward_inference, src,
                                                      Md({op.out, in}, f32, Tag::any), bias_descriptor(bias), dst);
  const double cost = product_us(rows, op.out, in, context.threads);
  if (region.estimate) return estimated_kernel(pd.impl_info_str(), cost);
  PackedPtr ready = packed(context, values_of(region, node), Md({op.out, in}, f32, Tag::ab), pd.weights_desc());
  return finish<dnnl::inner_product_forward>(context, pd, std::move(tail), src, dst, std::move(ready), bias, cost);
}

}  // namespace banoff::onednn
