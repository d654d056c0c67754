// Convolutions and dense layers on numbers of 8 bits, by oneDNN.
#pragma once

#include "kernels/cpu/onednn/primitive.hpp"

namespace banoff::onednn {

/// A convolution or dense layer with weights on a grid (parameter weight_scale) of a value that is stored in u8 or i8,
/// with the activation, the sum and the fake_quantize behind it. Sums are integers of 32 bits; what follows is computed
/// in floats and rounded once. Throws Refused while it describes.
[[nodiscard]] std::vector<Offer> integer_layer(const Context& context, const Region& region);

}  // namespace banoff::onednn
