// The own kernels of the CPU, by family. Each function compiles a region or throws Refused (region.hpp).
#pragma once

#include "kernels/region.hpp"

namespace banoff::cpu {

/// Batch norm, affine, clamp, kinked, PReLU, activations and elementwise arithmetic, any chain of them, in one pass
/// over memory.
[[nodiscard]] std::unique_ptr<Kernel> pointwise(const Region& region, int threads);
/// Max and average pooling, also adaptive.
[[nodiscard]] std::unique_ptr<Kernel> pool(const Region& region, int threads);
/// Global pooling, also followed by a flatten.
[[nodiscard]] std::unique_ptr<Kernel> global_pool(const Region& region, int threads);
/// Whatever only moves elements: concat, split, slice, pad, transpose, channel shuffle, nearest resize, reshapes.
[[nodiscard]] std::unique_ptr<Kernel> movement(const Region& region, int threads);
/// Linear resize.
[[nodiscard]] std::unique_ptr<Kernel> resize(const Region& region, int threads);
/// Softmax, group norm, instance norm and layer norm; mean over trailing axes.
[[nodiscard]] std::unique_ptr<Kernel> normalisation(const Region& region, int threads);

/// Decoding, suppression, RoIAlign and the choice of a mask. Of bounded values the rows that count are computed, the
/// others are zero.
[[nodiscard]] std::unique_ptr<Kernel> detection(const Region& region, int threads);

/// The kernel of whichever family the region's first node belongs to; Refused names why there is none.
[[nodiscard]] std::unique_ptr<Kernel> compile(const Region& region, int threads);

}  // namespace banoff::cpu
