// Tail steps on a tile of vectors in registers. Included once per target.
#if defined(BANOFF_SIMD_TAIL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_TAIL_INL
#undef BANOFF_SIMD_TAIL_INL
#else
#define BANOFF_SIMD_TAIL_INL
#endif

#include "kernels/cpu/simd/math-inl.hpp"
#include "kernels/cpu/simd/memory-inl.hpp"
#include "kernels/cpu/simd/tail.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Where a tile of Rows x Vectors lies: element (r, v, lane) of the output is at offset + r * row_stride +
/// v * vector_stride + lane, and belongs to channel `channel` + v * lanes + lane.
struct TilePlace {
  std::int64_t offset = 0, row_stride = 0, vector_stride = 0;
  std::int64_t channel = 0;
  std::int64_t last_lanes = 0;  ///< lanes of the last vector that exist; 0: all
};

template <int Rows, int Vectors, class D, class F>
HWY_INLINE void for_tile(D d, Vec<D> (&tile)[Rows][Vectors], const F& f) {
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v) {
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) tile[r][v] = f(d, tile[r][v], r, v);
  }
}

template <int Rows, int Vectors, class D>
HWY_INLINE void apply_step(D d, const TailStep& step, const TilePlace& at, Vec<D> (&tile)[Rows][Vectors]) {
  const std::int64_t lanes = static_cast<std::int64_t>(Lanes(d));
  const auto by_channel = [&](const float* values, int v) { return LoadU(d, values + at.channel + v * lanes); };
  const auto low = Set(d, step.low);
  const auto high = Set(d, step.high);
  switch (step.kind) {
    case TailKind::add:
      for_tile(d, tile, [&](D, Vec<D> x, int r, int v) HWY_ATTR {
        const float* p = step.a + at.offset + r * at.row_stride + v * at.vector_stride;
        return Add(x, v + 1 == Vectors && at.last_lanes > 0 ? load_lanes(d, p, at.last_lanes) : LoadU(d, p));
      });
      break;
    case TailKind::add_halves:
      for_tile(d, tile, [&](D, Vec<D> x, int r, int v) HWY_ATTR {
        const HalfFloat* p = step.halves + at.offset + r * at.row_stride + v * at.vector_stride;
        return Add(x, v + 1 == Vectors && at.last_lanes > 0 ? load_lanes(d, p, at.last_lanes) : load(d, p));
      });
      break;
    case TailKind::scale:
      for_tile(d, tile, [&](D, Vec<D> x, int, int v) HWY_ATTR { return Mul(x, by_channel(step.a, v)); });
      break;
    case TailKind::scale_shift:
      for_tile(d, tile, [&](D, Vec<D> x, int, int v) HWY_ATTR {
        return MulAdd(x, by_channel(step.a, v), by_channel(step.b, v));
      });
      break;
    case TailKind::clip:
      for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR { return clamped(d, x, low, high); });
      break;
    case TailKind::bounds:
      for_tile(d, tile, [&](D, Vec<D> x, int, int v) HWY_ATTR {
        return clamped(d, x, by_channel(step.a, v), by_channel(step.b, v));
      });
      break;
    case TailKind::kinked:
      for_tile(d, tile, [&](D, Vec<D> x, int, int v) HWY_ATTR {
        const auto kink = by_channel(step.a, v);
        const auto slope = IfThenElse(Lt(x, kink), by_channel(step.b, v), by_channel(step.c, v));
        return MulAdd(Sub(x, kink), slope, kink);
      });
      break;
    case TailKind::leaky_relu:
      for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR { return IfThenElse(Lt(x, Zero(d)), Mul(x, low), x); });
      break;
    case TailKind::hard_sigmoid:
      for_tile(d, tile,
               [&](D, Vec<D> x, int, int) HWY_ATTR { return clamped(d, MulAdd(x, low, high), Zero(d), Set(d, 1.0F)); });
      break;
    case TailKind::hard_swish:
      for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR {
        const auto gate = clamped(d, MulAdd(x, Set(d, 1.0F / 6), Set(d, 0.5F)), Zero(d), Set(d, 1.0F));
        return Mul(x, gate);
      });
      break;
    case TailKind::sigmoid: for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR { return sigmoid(d, x); }); break;
    case TailKind::silu: for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR { return silu(d, x); }); break;
    case TailKind::coarse_sigmoid:
      for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR { return coarse_sigmoid(d, x); });
      break;
    case TailKind::coarse_silu:
      for_tile(d, tile, [&](D, Vec<D> x, int, int) HWY_ATTR { return Mul(x, coarse_sigmoid(d, x)); });
      break;
  }
}

template <int Rows, int Vectors, class D>
HWY_INLINE void apply_tail(D d, const Tail& tail, const TilePlace& at, Vec<D> (&tile)[Rows][Vectors]) {
  for (int i = 0; i < tail.count; ++i) apply_step(d, tail.steps[i], at, tile);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
