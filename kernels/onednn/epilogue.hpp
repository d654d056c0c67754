// What may follow a convolution or matrix product inside the same kernel: activations, sums, products.
#pragma once

#include "kernels/onednn/primitive.hpp"

namespace banoff::onednn {

struct Epilogue {
  dnnl::primitive_attr attr;
  std::vector<Binding> operands;
  int in_place = none;        ///< region input that the result is added onto in place
  double us_per_element = 0;  ///< of the activations that need an exponential, over all threads
};

/// Makes post-ops of nodes 1, 2, … of the region. `describe` gives the descriptor of an operand (see descriptor).
/// Throws Refused when a node is none.
[[nodiscard]] Epilogue epilogue(const Region& region, const std::function<Md(const Shape&, Layout)>& describe);

}  // namespace banoff::onednn
