// The kernels of the gpu device by family. Each function compiles a region or throws Refused (kernels/cpu/region.hpp).
#pragma once

#include "kernels/gpu/kernel.hpp"

namespace banoff::gpu {

using Made = std::unique_ptr<JobKernel>;

/// Batch norm, affine, clamp, kinked, PReLU, activations and arithmetic, any chain of them; in every layout.
[[nodiscard]] Made pointwise(const Context& context, const Region& region);
/// Local response normalisation, conversions of the element type.
[[nodiscard]] Made local_response(const Context& context, const Region& region);
[[nodiscard]] Made convert(const Context& context, const Region& region);
/// Whatever only moves elements: concat, split, slice, pad, expand, transpose, channel shuffle, nearest resize,
/// reshapes.
[[nodiscard]] Made movement(const Context& context, const Region& region);
[[nodiscard]] Made reorder(const Context& context, const TensorType& type, Layout from, Layout to);
/// Max and average pooling, also adaptive; linear resizing.
[[nodiscard]] Made pool(const Context& context, const Region& region);
[[nodiscard]] Made resize(const Context& context, const Region& region);
/// Functions of one to three values, broadcast: on floats, integers and booleans.
[[nodiscard]] Made function(const Context& context, const Region& region);
/// Elements that indices name.
[[nodiscard]] Made take(const Context& context, const Region& region);
/// Global pooling, means, sums and so on, softmax, group and layer norm; the place of the largest element.
[[nodiscard]] Made summary(const Context& context, const Region& region);
[[nodiscard]] Made arg_reduce(const Context& context, const Region& region);
[[nodiscard]] Made softmax(const Context& context, const Region& region);
[[nodiscard]] Made group_norm(const Context& context, const Region& region);
[[nodiscard]] Made layer_norm(const Context& context, const Region& region);
/// Matrix products, by weights or of two values, with a chain behind them.
[[nodiscard]] Made dense(const Context& context, const Region& region);
[[nodiscard]] Made matrix_product(const Context& context, const Region& region);
/// Convolutions with a chain behind them.
[[nodiscard]] Made convolution(const Context& context, const Region& region);
/// Boxes and what lies under them, in 32 bits.
[[nodiscard]] Made detection(const Context& context, const Region& region);

/// The kernel of whichever family the region's first node belongs to.
[[nodiscard]] Made compile(const Context& context, const Region& region);

}  // namespace banoff::gpu
