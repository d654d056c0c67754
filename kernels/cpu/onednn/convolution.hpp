// Convolutions and matrix products by oneDNN, each with what follows it (epilogue.hpp). All throw Refused while they
// describe; what they offer does not refuse when it is made.
#pragma once

#include "kernels/cpu/onednn/primitive.hpp"

namespace banoff::onednn {

/// One offer for each of the library's implementations, as many as the context says.
[[nodiscard]] std::vector<Offer> convolution(const Context& context, const Region& region);
[[nodiscard]] std::vector<Offer> transposed_convolution(const Context& context, const Region& region);
[[nodiscard]] std::vector<Offer> dense(const Context& context, const Region& region);
[[nodiscard]] std::vector<Offer> matrix_product(const Context& context, const Region& region);
/// A copy of an f32 value from one layout to another.
[[nodiscard]] Offer reorder(const Context& context, const Shape& shape, Layout from, Layout to);

}  // namespace banoff::onednn
