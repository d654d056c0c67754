// Linear interpolation of plain pictures, a vector of neighbouring pixels at a time.
#pragma once

#include "kernels/cpu/isa.hpp"

namespace banoff::cpu::simd {

/// A row of the output, between two rows of the input. Tables by column of the output are padded to whole vectors.
struct LinearRow {
  const float* top = nullptr;
  const float* bottom = nullptr;
  float below = 0;  ///< the share of `bottom`
  std::int64_t in_width = 1, out_width = 1;
  const std::int32_t* first =
      nullptr;                         ///< by vector: the first of as many columns of the input as it has lanes, or all
  const std::int32_t* left = nullptr;  ///< by column: the one to the left, counted from `first`
  const std::int32_t* right = nullptr;
  const float* beside = nullptr;  ///< by column: the share of `right`
  float* y = nullptr;
};
using LinearRowKernel = void (*)(const LinearRow&);
[[nodiscard]] LinearRowKernel linear_row_kernel(Isa isa);

}  // namespace banoff::cpu::simd
