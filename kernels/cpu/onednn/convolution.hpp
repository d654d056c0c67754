// Convolutions and matrix products by oneDNN, each with what follows it (epilogue.hpp). All throw Refused.
#pragma once

#include "kernels/cpu/onednn/primitive.hpp"

namespace banoff::onednn {

[[nodiscard]] std::unique_ptr<Kernel> convolution(const Context& context, const Region& region);
[[nodiscard]] std::unique_ptr<Kernel> transposed_convolution(const Context& context, const Region& region);
[[nodiscard]] std::unique_ptr<Kernel> dense(const Context& context, const Region& region);
[[nodiscard]] std::unique_ptr<Kernel> matrix_product(const Context& context, const Region& region);
/// A copy of an f32 value from one layout to another.
[[nodiscard]] std::unique_ptr<Kernel> reorder(const Context& context, const Shape& shape, Layout from, Layout to);

}  // namespace banoff::onednn
