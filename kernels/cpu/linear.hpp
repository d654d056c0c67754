// Own ways to compute convolutions and products, each with what follows it (tail.hpp). All throw Refused while they
// describe.
#pragma once

#include "kernels/cpu/packed.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// A dense layer of a few rows.
[[nodiscard]] Offer dense(const Machine& machine, const Region& region);
/// A 3x3 convolution of stride 1 by Winograd's minimal filtering, which rounds a few times more coarsely than plain
/// sums: within 1e-5 of the largest output.
[[nodiscard]] Offer winograd(const Machine& machine, const Region& region);

}  // namespace banoff::cpu
