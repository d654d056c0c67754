#include "kernels/cpu/simd/direct.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/direct.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/tile-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Pixels of a tile: its sums, a vector of each weight and one input value fill the registers.
template <int Vectors>
constexpr int tile_pixels() {
  if (many_registers) return Vectors == 3 ? 7 : 14;
  return Vectors == 3 ? 4 : Vectors == 2 ? 6 : 12;
}

/// Adds the taps of one row of the kernel in one block of channels.
template <int Pixels, int Vectors, class D>
HWY_INLINE void add_taps(D d, const float* x, std::int64_t x_pixel, const float* weights, std::int64_t taps,
                         Vec<D> (&sums)[Pixels][Vectors]) {
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  // Three pixels to an address: more addresses than that would not stay in registers.
  constexpr int addresses = (Pixels + 2) / 3;
  const float* at[addresses];
  BANOFF_UNROLL
  for (int a = 0; a < addresses; ++a) at[a] = x + 3 * a * x_pixel;
  for (std::int64_t k = 0; k < taps; ++k) {
    Vec<D> weight[Vectors];
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) {
      weight[v] = LoadU(d, weights + v * lanes);
      keep_in_register(weight[v]);
    }
    BANOFF_UNROLL
    for (int t = 0; t < Pixels; ++t) {
      auto value = Set(d, at[t / 3][t % 3 * x_pixel]);
      if constexpr (Vectors > 1) keep_in_register(value);
      BANOFF_UNROLL
      for (int v = 0; v < Vectors; ++v) sums[t][v] = MulAdd(value, weight[v], sums[t][v]);
    }
    BANOFF_UNROLL
    for (int a = 0; a < addresses; ++a) ++at[a];
    weights += Vectors * lanes;
  }
}

template <int Pixels, int Vectors, class T>
HWY_INLINE void direct_tile(const DirectPanelOf<T>& p, std::int64_t pixel) {
  const ScalableTag<float> d;
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  const TilePlace place{p.offset + pixel * p.y_pixel, p.y_pixel, p.y_vector, p.channel, p.last_lanes};
  fetch_operands<Pixels, Vectors>(p.target.tail, place);
  Vec<decltype(d)> sums[Pixels][Vectors];
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    const auto bias = LoadU(d, p.bias + v * lanes);
    BANOFF_UNROLL
    for (int t = 0; t < Pixels; ++t) sums[t][v] = bias;
  }
  for (std::int64_t block = 0; block < p.blocks; ++block) {
    const float* x = p.x + pixel * p.x_pixel + block * p.x_block;
    const float* weights = p.weights + block * p.weights_block;
    for (std::int64_t row = 0; row < p.rows; ++row, x += p.x_row, weights += p.weights_row)
      add_taps(d, x, p.x_pixel, weights, p.taps, sums);
  }
  store_tile(d, p.target, place, sums);
}

/// The last tile may repeat pixels of the one before.
template <int Pixels, int Vectors, class T>
HWY_INLINE void direct_tiles(const DirectPanelOf<T>& p, std::int64_t first) {
  for (std::int64_t next = first; next < p.pixels; next += Pixels)
    direct_tile<Pixels, Vectors>(p, next + Pixels <= p.pixels ? next : p.pixels - Pixels);
}

template <int Vectors, class T>
HWY_NOINLINE void direct_panel(const DirectPanelOf<T>& given) {
  const DirectPanelOf<T> p = given;  // of which the compiler knows that nothing else points at it
  constexpr int most = tile_pixels<Vectors>();
  constexpr int half = most / 2;
  if (p.pixels < half) return direct_tiles<1, Vectors>(p, 0);
  const std::int64_t whole = p.pixels / most * most;
  for (std::int64_t next = 0; next < whole; next += most) direct_tile<most, Vectors>(p, next);
  if (p.pixels - whole > half && p.pixels >= most) return direct_tiles<most, Vectors>(p, whole);
  direct_tiles<half, Vectors>(p, whole);
}

template <class T>
void direct(const DirectPanelOf<T>& p) {
  if (p.vectors == 3) direct_panel<3>(p);
  else if (p.vectors == 2) direct_panel<2>(p);
  else direct_panel<1>(p);
}

DirectKernel to_floats() { return direct<float>; }
DirectToHalvesKernel to_halves() { return direct<HalfFloat>; }

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
DirectKernel direct_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, to_floats)(); }
DirectToHalvesKernel direct_to_halves_kernel(Isa isa) { return BANOFF_FOR_ISA(isa, to_halves)(); }
}  // namespace banoff::cpu::simd
#endif
