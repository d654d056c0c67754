// Products of a few rows with a matrix of weights.
#pragma once

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/simd/tail.hpp"

namespace banoff::cpu::simd {

/// Outputs whose weights lie together: [in][64], so that a panel is one stream of memory.
inline constexpr std::int64_t product_panel = 64;

/// Outputs [64 * panel, 64 * panel + 64), as many as there are, of `rows` rows: y = W x + bias, then the tail.
struct ProductPanel {
  const float* x = nullptr;        ///< [rows][in]
  const float* weights = nullptr;  ///< this panel's
  const float* bias = nullptr;     ///< all outputs', padded to whole panels
  float* y = nullptr;              ///< [rows][out]
  std::int64_t rows = 1, in = 1, out = 1, panel = 0;
  Tail tail;
};
using ProductKernel = void (*)(const ProductPanel&);
[[nodiscard]] ProductKernel product_kernel(Isa isa);

}  // namespace banoff::cpu::simd
