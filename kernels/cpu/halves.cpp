#include "kernels/cpu/halves.hpp"

#include <algorithm>

namespace banoff::cpu {

bool is_halves(const TensorType& type) { return type.stored && type.stored->type == DType::bf16; }

void require_halves(const TensorType& type, const char* what) {
  if (!is_halves(type)) throw Refused{std::string(what) + " that is not stored in 16 bits"};
}

void require_convolution_of_halves(const Region& region) {
  const Node& node = region.node(0);
  if (node.as<Conv>() == nullptr) throw Refused{"no convolution"};
  require_halves(region.type(node.inputs[0]), "an input");
  require_halves(region.type(region.outputs[0]), "a result");
  if (region.input_layouts[input_of(region, node.inputs[0])] != Layout::channels_last ||
      region.output_layouts[0] != Layout::channels_last)
    throw Refused{"floats of 16 bits in a layout other than channels-last"};
}

double half_conv_us(const ConvPicture& picture, double products, double rate, int threads) {
  constexpr double per_call_us = 0.3;
  const auto made = static_cast<double>(picture.out.elements());
  const double bytes = 2.0 * (static_cast<double>(picture.in.elements()) + made);
  return per_call_us + std::max(2e-3 * made * products / rate, bytes / 60e3) / threads;
}

}  // namespace banoff::cpu
