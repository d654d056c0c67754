// Weights of products of a few rows, as simd/product.hpp reads them.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/cpu/simd/product.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

[[nodiscard]] constexpr std::int64_t product_panels(std::int64_t out) { return divide_up(out, simd::product_panel); }
/// Floats that a matrix takes in panels.
[[nodiscard]] constexpr std::int64_t panel_floats(std::int64_t in, std::int64_t out) {
  return product_panels(out) * simd::product_panel * in;
}

/// [out][in] to [panel][in][64] in memory that is zero.
void pack_panels(std::span<const float> values, std::int64_t in, std::int64_t out, float* to);

}  // namespace banoff::cpu
