// The kernels of the gpu device by family. Each function offers a way to compute a region or throws Refused
// (kernels/region.hpp).
#pragma once

#include "kernels/gpu/kernel.hpp"

namespace banoff::gpu {

/// Batch norm, affine, clamp, kinked, PReLU, activations, grids and arithmetic, any chain of them; in every layout.
[[nodiscard]] JobOffer pointwise(const Context& context, const Region& region);
/// Local response normalisation, conversions of the element type.
[[nodiscard]] JobOffer local_response(const Context& context, const Region& region);
[[nodiscard]] JobOffer convert(const Context& context, const Region& region);
/// Floats to integers on a grid and back.
[[nodiscard]] JobOffer regrid(const Context& context, const Region& region);
/// Whatever only moves elements: concat, split, slice, pad, expand, transpose, channel shuffle, nearest resize,
/// reshapes.
[[nodiscard]] JobOffer movement(const Context& context, const Region& region);
/// Concat and split in one pass, where all values have one layout.
[[nodiscard]] JobOffer slices(const Context& context, const Region& region);
[[nodiscard]] JobOffer reorder(const Context& context, const TensorType& type, Layout from, Layout to);
/// Max and average pooling, also adaptive; linear resizing.
[[nodiscard]] JobOffer pool(const Context& context, const Region& region);
[[nodiscard]] JobOffer resize(const Context& context, const Region& region);
/// Functions of one to three values, broadcast: on floats, integers and booleans.
[[nodiscard]] JobOffer function(const Context& context, const Region& region);
/// Elements that indices name.
[[nodiscard]] JobOffer take(const Context& context, const Region& region);
/// Global pooling, means, sums and so on, softmax, group and layer norm; the place of the largest element.
[[nodiscard]] JobOffer lane_summary(const Context& context, const Region& region);
[[nodiscard]] JobOffer summary(const Context& context, const Region& region);
[[nodiscard]] JobOffer arg_reduce(const Context& context, const Region& region);
[[nodiscard]] JobOffer softmax(const Context& context, const Region& region);
[[nodiscard]] JobOffer group_norm(const Context& context, const Region& region);
[[nodiscard]] JobOffer layer_norm(const Context& context, const Region& region);
/// Matrix products, by weights or of two values, with a chain behind them.
[[nodiscard]] JobOffer dense(const Context& context, const Region& region);
[[nodiscard]] JobOffer matrix_product(const Context& context, const Region& region);
/// Convolutions with a chain behind them: by the library, and by the device's own kernels.
[[nodiscard]] std::vector<JobOffer> convolution(const Context& context, const Region& region);
/// Boxes and what lies under them, in 32 bits.
[[nodiscard]] JobOffer detection(const Context& context, const Region& region);

/// What the families offer that take the region; throws the last one's refusal where none does.
using Family = JobOffer (*)(const Context&, const Region&);
[[nodiscard]] std::vector<JobOffer> offers_of(std::initializer_list<Family> families, const Context& context,
                                              const Region& region);
/// What the family of the region's first node offers.
[[nodiscard]] std::vector<JobOffer> offers(const Context& context, const Region& region);

}  // namespace banoff::gpu
