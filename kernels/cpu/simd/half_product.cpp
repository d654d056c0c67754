#include "kernels/cpu/simd/half_product.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/half_product.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

using FloatTag = ScalableTag<float>;
using PairTag = RebindToUnsigned<FloatTag>;
using Floats = Vec<FloatTag>;
using Pairs = Vec<PairTag>;  ///< two halves in a lane, the first in its lower bits
constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(FloatTag()));

/// Rows of a tile: its sums, a vector of each weight and one input pair fill the registers.
template <int Vectors>
constexpr int tile_rows() {
  if (many_registers) return Vectors == 3 ? 7 : 14;
  return Vectors == 3 ? 3 : Vectors == 2 ? 5 : 10;
}

/// Adds the products of a pair of inputs of each row.
template <int Rows, int Vectors>
HWY_INLINE void add_pair(const std::uint32_t (&x)[Rows], const HalfFloat* weights, Floats (&sums)[Rows][Vectors]) {
  const auto weight_pairs = [&](int v) HWY_ATTR {
    return BitCast(PairTag(), LoadU(ScalableTag<std::uint16_t>(), &weights[2 * v * lanes].bits));
  };
#if HWY_TARGET == HWY_AVX3
  Pairs weight[Vectors];
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) weight[v] = weight_pairs(v);
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const auto value = Set(PairTag(), x[r]);
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v)
      asm("vdpbf16ps %2, %1, %0" : "+v"(sums[r][v].raw) : "v"(weight[v].raw), "v"(value.raw));
  }
#else
  const auto add = [&](const auto& as_floats) HWY_ATTR {
    Floats weight[Vectors];
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      weight[v] = as_floats(weight_pairs(v));
      keep_in_register(weight[v]);
    }
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
      auto value = as_floats(Set(PairTag(), x[r]));
      keep_in_register(value);
      BANOFF_UNROLL
      for (int v = 0; v < Vectors; ++v) sums[r][v] = MulAdd(value, weight[v], sums[r][v]);
    }
  };
  add([](Pairs pairs) HWY_ATTR { return BitCast(FloatTag(), ShiftLeft<16>(pairs)); });
  add([](Pairs pairs) HWY_ATTR { return BitCast(FloatTag(), And(pairs, Set(PairTag(), 0xFFFF0000U))); });
#endif
}

template <int Rows, int Vectors>
HWY_INLINE void product_tile(const HalfPanel& p, std::int64_t row) {
  constexpr std::int64_t step = 2 * Vectors * lanes;
  const TilePlace place{p.offset + row * p.y_row, p.y_row, lanes, p.channel, p.last_lanes};
  Floats sums[Rows][Vectors];
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    const auto bias = LoadU(FloatTag(), p.bias + v * lanes);
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) sums[r][v] = bias;
  }
  // Three rows to an address: more addresses than that would not stay in registers.
  constexpr int addresses = (Rows + 2) / 3;
  const HalfFloat* at[addresses];
  BANOFF_UNROLL
  for (int a = 0; a < addresses; ++a) at[a] = p.x + (row + 3 * a) * p.x_row;
  const HalfFloat* weights = p.weights;
  std::uint32_t pair[Rows] = {};
  for (std::int64_t k = 0; k + 1 < p.inner; k += 2, weights += step) {
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) __builtin_memcpy(&pair[r], at[r / 3] + r % 3 * p.x_row, sizeof pair[r]);
    add_pair(pair, weights, sums);
    BANOFF_UNROLL
    for (int a = 0; a < addresses; ++a) at[a] += 2;
  }
  if (p.inner % 2 != 0) {
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) pair[r] = at[r / 3][r % 3 * p.x_row].bits;
    add_pair(pair, weights, sums);
  }
  store_tile(FloatTag(), p.target, place, sums);
}

/// The last tile may repeat rows of the one before.
template <int Rows, int Vectors>
HWY_INLINE void product_tiles(const HalfPanel& p, std::int64_t first) {
  for (std::int64_t next = first; next < p.rows; next += Rows)
    product_tile<Rows, Vectors>(p, next + Rows <= p.rows ? next : p.rows - Rows);
}

template <int Vectors>
HWY_NOINLINE void product_panel(const HalfPanel& given) {
  const HalfPanel p = given;  // of which the compiler knows that nothing else points at it
  constexpr int most = tile_rows<Vectors>();
  constexpr int half = most / 2;
  if (p.rows < half) return product_tiles<1, Vectors>(p, 0);
  const std::int64_t whole = p.rows / most * most;
  for (std::int64_t next = 0; next < whole; next += most) product_tile<most, Vectors>(p, next);
  if (p.rows - whole > half && p.rows >= most) return product_tiles<most, Vectors>(p, whole);
  product_tiles<half, Vectors>(p, whole);
}

void product(const HalfPanel& p) {
  if (p.vectors == 3) product_panel<3>(p);
  else if (p.vectors == 2) product_panel<2>(p);
  else product_panel<1>(p);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
HalfProductKernel half_product_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, product); }
}  // namespace banoff::cpu::simd
#endif
