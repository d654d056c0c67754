// Own ways to compute convolutions and products, each with what follows it (tail.hpp). All throw Refused while they
// describe.
#pragma once

#include "kernels/cpu/packed.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// A dense layer of a few rows.
[[nodiscard]] Offer dense(const Machine& machine, const Region& region);

}  // namespace banoff::cpu
