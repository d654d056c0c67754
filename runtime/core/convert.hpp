// Elements of one type made elements of another.
#pragma once

#include <cstddef>

#include "banoff/tensor.hpp"

namespace banoff {

/// Converts `count` elements as cast_element() does. They may lie unaligned, as in a mapped file.
void convert_elements(DType from, const std::byte* in, DType to, std::byte* out, std::size_t count);

}  // namespace banoff
