// NumPy's .npy files (format versions 1 and 2): one tensor each.
#pragma once

#include <filesystem>

#include "banoff/export.h"
#include "banoff/tensor.hpp"

namespace banoff {

/// Reads an array of a type DType has, in C or Fortran order and of either byte order; its size must be what the header
/// says. Throws bad_input.
[[nodiscard]] BANOFF_API Tensor read_npy(const std::filesystem::path& file);

/// Writes a tensor atomically. NumPy has no bfloat16: such tensors are written as float32, exactly.
BANOFF_API void write_npy(const std::filesystem::path& file, const Tensor& tensor);

}  // namespace banoff
