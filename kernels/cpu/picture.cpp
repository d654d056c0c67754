#include "kernels/cpu/picture.hpp"

#include <algorithm>

#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

ConvPicture::ConvPicture(const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<Conv>();
  const Shape& x = region.type(node.inputs[0]).shape;
  if (x.rank() != 4) throw Refused{"an own convolution of something other than pictures"};
  const std::vector<Window> spatial = windows(op, x);
  height = spatial[0];
  width = spatial[1];
  source = input_of(region, node.inputs[0]);
  in = blocks_of(x, region.input_layouts[source]);
  out = blocks_of(region.type(node.outputs[0]).shape, region.output_layouts[0]);
  const auto dilated = [](const Window& w) { return w.kernel > 1 && w.dilation > 1; };
  if (std::ranges::any_of(spatial, dilated)) throw Refused{"an own convolution with its taps apart"};
  const auto padded = [](const Window& w) { return w.pad_begin != 0 || w.pad_end != 0; };
  const auto zero = [](float value) { return value == 0; };
  if (std::ranges::any_of(spatial, padded) && !std::ranges::all_of(floats(region, node, Slot::pad_value), zero))
    throw Refused{"an own convolution with padding other than zero"};
}

double ConvPicture::us(double products, double rate, int threads) const {
  constexpr double per_call_us = 0.3;
  const auto made = static_cast<double>(out.elements());
  const double bytes = 4.0 * (static_cast<double>(in.elements()) + made);
  return per_call_us + std::max(2e-3 * made * products / rate, bytes / 60e3) / threads;
}

std::int64_t strips_of(std::int64_t count, std::int64_t most, std::int64_t pixels, int threads) {
  constexpr std::int64_t enough = 64;
  const std::int64_t least = divide_up(count, most);
  if (pixels < enough * threads) return least;
  return std::min(round_up(least, threads), count);
}

std::vector<float> bias_of(const Region& region) {
  const Node& node = region.node(0);
  auto bias = floats(region, node, Slot::bias);
  bias.resize(static_cast<std::size_t>(region.type(node.outputs[0]).shape[1]), 0.0F);
  return bias;
}

}  // namespace banoff::cpu
