// What may follow a convolution or matrix product inside the same kernel: activations, sums, products, and whatever
// takes values per channel (batch norm, affine, clamp, kinked).
#pragma once

#include "kernels/cpu/onednn/primitive.hpp"

namespace banoff::onednn {

/// What an epilogue works on.
struct Target {
  /// The descriptor of an operand that is a value of the network; may throw Refused.
  std::function<Md(const TensorType&, Layout)> operand;
  Md channels;           ///< of one value per channel; empty: there are no channels
  std::size_t axis = 1;  ///< the channels' axis
};

struct Epilogue {
  dnnl::primitive_attr attr;
  std::vector<Binding> operands;
  std::vector<std::pair<int, std::vector<float>>> constants;  ///< values per channel, filled up to whole vectors
  int in_place = none;                                        ///< region input that the result is added onto in place
  int whole_operands = 0;                                     ///< of the result's shape
  double us_per_element = 0;  ///< of the activations that need an exponential, over all threads

  [[nodiscard]] std::vector<std::pair<int, PackedPtr>> packed_constants(const Context& context) const;
};

/// Makes post-ops of nodes 1, 2, … of the region. Throws Refused when a node is none.
[[nodiscard]] Epilogue epilogue(const Region& region, const Target& target);

}  // namespace banoff::onednn
