// Own ways to compute convolutions and products, each with what follows it (tail.hpp). All throw Refused while they
// describe.
#pragma once

#include "kernels/cpu/packed.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// A dense layer of a few rows.
[[nodiscard]] Offer dense(const Machine& machine, const Region& region);
/// A convolution of stride 1 by Winograd's minimal filtering, of 3x3 or 5x5 taps or of 3 or 7 in a row, which rounds a
/// few times more coarsely than plain sums: within 1e-5 of the largest output.
[[nodiscard]] Offer winograd(const Machine& machine, const Region& region);

/// A convolution with one filter of 3x3, 5x5 or 7x7 per channel, channels-last or blocked.
[[nodiscard]] Offer depthwise(const Machine& machine, const Region& region);

/// A convolution of pictures without groups: 1x1, channels-last or blocked, or any of a plain picture of up to four
/// channels.
[[nodiscard]] Offer direct(const Machine& machine, const Region& region);

/// A recurrent layer: of each step the product of the state and the weights, then the cells.
[[nodiscard]] Offer recurrent(const Machine& machine, const Region& region);

}  // namespace banoff::cpu
