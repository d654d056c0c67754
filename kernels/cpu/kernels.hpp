// The own kernels of the CPU, by family. Each function offers a way to compute a region or throws Refused (region.hpp).
#pragma once

#include "kernels/region.hpp"

namespace banoff::cpu {

/// Batch norm, affine, clamp, kinked, PReLU, activations and elementwise arithmetic, any chain of them, in one pass
/// over memory.
[[nodiscard]] Offer pointwise(const Region& region, int threads);
/// Max and average pooling, also adaptive.
[[nodiscard]] Offer pool(const Region& region, int threads);
/// Global pooling, also followed by a flatten.
[[nodiscard]] Offer global_pool(const Region& region, int threads);
/// Whatever only moves elements: concat, split, slice, pad, transpose, channel shuffle, nearest resize, reshapes.
[[nodiscard]] Offer movement(const Region& region, int threads);
/// Linear resize.
[[nodiscard]] Offer resize(const Region& region, int threads);
/// Softmax, group norm, instance norm and layer norm; mean over trailing axes.
[[nodiscard]] Offer normalisation(const Region& region, int threads);

/// Decoding, suppression, RoIAlign and the choice of a mask. Of bounded values the rows that count are computed, the
/// others are zero.
[[nodiscard]] Offer detection(const Region& region, int threads);

/// What the family of the region's first node offers; Refused names why there is nothing.
[[nodiscard]] Offer offer(const Region& region, int threads);

}  // namespace banoff::cpu
