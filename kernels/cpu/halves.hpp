// Own kernels on values stored in 16 bits (bf16), channels last: what they share.
#pragma once

#include "kernels/cpu/picture.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// Whether a value is stored in 16 bits.
[[nodiscard]] bool is_halves(const TensorType& type);
/// Throws Refused where a value is stored otherwise; `what` it is.
void require_halves(const TensorType& type, const char* what);
/// Node 0 is a convolution from such a value to such a result, both channels last; throws Refused for others.
void require_convolution_of_halves(const Region& region);

/// ConvPicture::us of such a convolution.
[[nodiscard]] double half_conv_us(const ConvPicture& picture, double products, double rate, int threads);

}  // namespace banoff::cpu
