// Values that the cpu device keeps in fewer bits, on grids of integers or as bf16: what any of its kernels needs to
// read and write them.
#pragma once

#include "kernels/cpu/loops_grid.hpp"
#include "kernels/cpu/packed.hpp"
#include "kernels/layout.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

[[nodiscard]] loops::Grid loop_grid(const Stored& stored);

/// `count` elements between floats and what is stored, on several threads where that is worth it.
void to_stored(const float* x, std::byte* q, std::int64_t count, const Stored& stored);
void from_stored(const std::byte* q, float* x, std::int64_t count, const Stored& stored);
void round_to_grid(const float* x, float* y, std::int64_t count, const Stored& grid);

/// Whether a value of the region is stored in fewer bits.
[[nodiscard]] bool any_stored(const Region& region);

/// Microseconds of a pass over the region's inputs and outputs as they are stored.
[[nodiscard]] double stored_us(const Region& region, int threads);

/// A copy of a stored value from one layout to another.
[[nodiscard]] Offer stored_reorder(const TensorType& type, Layout from, Layout to, int threads);

/// One pass: a fake_quantize that writes floats or numbers, functions of numbers as a table, and what only moves them.
[[nodiscard]] Offer stored_pass(const Machine& machine, const Region& region);

/// The region computed in floats by `inner` (which is made of the same nodes, but for a fake_quantize at the end),
/// between conversions.
[[nodiscard]] std::vector<Offer> between_conversions(const Region& region, int threads,
                                                     const std::function<Offers(const Region&)>& inner);

}  // namespace banoff::cpu
