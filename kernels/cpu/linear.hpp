// Own ways to compute on vectors: convolutions and products, each with what follows it (tail.hpp), and resizing. All
// throw Refused while they describe.
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

/// A 3x3 convolution in groups of 2, 4 or 8 channels that a vector holds whole, channels-last or blocked.
[[nodiscard]] Offer grouped(const Machine& machine, const Region& region);

/// A convolution of pictures without groups: 1x1, channels-last or blocked, or any of a plain picture of up to four
/// channels.
[[nodiscard]] Offer direct(const Machine& machine, const Region& region);

/// A transposed convolution of pictures without groups, its kernel no smaller than its stride, channels-last or
/// blocked.
[[nodiscard]] Offer transposed(const Machine& machine, const Region& region);

/// The same two on numbers of 8 bits, channels-last, exact until one rounding, as integer_layer.hpp says: a convolution
/// with one filter of 3x3 or 5x5 per channel; a dense layer, or a convolution without groups.
[[nodiscard]] Offer integer_depthwise(const Machine& machine, const Region& region);
[[nodiscard]] Offer integer_product(const Machine& machine, const Region& region);
/// Of numbers of 8 bits, channels-last: the mean of whole pictures, to floats; the sum of two values, with relu or
/// clip, rounded once.
[[nodiscard]] Offer integer_pass(const Machine& machine, const Region& region);

/// Of values stored in 16 bits (bf16), channels last, computed and summed in floats: a depthwise convolution; a 1x1
/// convolution of stride 1, whose weights are rounded to 16 bits, too; what TailOutline knows, gates by channel, means
/// of whole pictures and largest values of windows as passes. And the first convolution, from floats to such a value.
[[nodiscard]] Offer half_depthwise(const Machine& machine, const Region& region);
[[nodiscard]] Offer half_product(const Machine& machine, const Region& region);
[[nodiscard]] Offer half_pass(const Machine& machine, const Region& region);
[[nodiscard]] Offer direct_to_halves(const Machine& machine, const Region& region);

/// A linear resize that enlarges, from plain to plain.
[[nodiscard]] Offer plain_resize(const Machine& machine, const Region& region);

/// A recurrent layer: of each step the product of the state and the weights, then the cells.
[[nodiscard]] Offer recurrent(const Machine& machine, const Region& region);

}  // namespace banoff::cpu
