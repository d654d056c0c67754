// What becomes of a tile of sums in registers: the tail, then memory. Included once per target.
#if defined(BANOFF_SIMD_TILE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef BANOFF_SIMD_TILE_INL
#undef BANOFF_SIMD_TILE_INL
#else
#define BANOFF_SIMD_TILE_INL
#endif

#include "kernels/cpu/simd/tail-inl.hpp"
#include "kernels/cpu/simd/tile.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Whether vectors of a tile's inputs may be held beside its sums.
inline constexpr bool many_registers = registers_of(target_isa) > 16;

/// The compiler may not read `v` from memory anew in every instruction that uses it: a broadcast folded into each of
/// them is a load each time.
template <class V>
HWY_INLINE void keep_in_register(V& v) {
#if HWY_ARCH_X86 && defined(__GNUC__)
  asm("" : "+v"(v.raw));
#else
  static_cast<void>(v);
#endif
}

/// Whether a tail is one of those that every tile applies itself: nothing, bounds, a sum, hard swish, and of what is
/// stored in 16 bits SiLU.
template <class T>
[[nodiscard]] HWY_INLINE bool stays_in_registers(const TileTargetOf<T>& target) {
  const Tail& tail = target.tail;
  if (tail.count != 1) return tail.count == 0;
  const TailKind kind = tail.steps[0].kind;
  if constexpr (sizeof(T) == sizeof(HalfFloat)) {
    if (kind == TailKind::add_halves || kind == TailKind::coarse_silu) return true;
  }
  return kind == TailKind::clip || kind == TailKind::add || kind == TailKind::hard_swish;
}

/// The step if it is of this kind, which the compiler is told, so that nothing but it is left of all kinds.
template <TailKind Kind, int Rows, int Vectors, class D>
HWY_INLINE void apply_if(D d, const TailStep& given, const TilePlace& place, Vec<D> (&tile)[Rows][Vectors]) {
  if (given.kind != Kind) return;
  TailStep step = given;
  step.kind = Kind;
  apply_step(d, step, place, tile);
}

template <class D, class T>
HWY_INLINE void store_lanes(D d, Vec<D> v, T* p, const TilePlace& at, bool zero_rest, bool last) {
  if (!last || at.last_lanes == 0) store(d, v, p);
  else if (zero_rest) store(d, IfThenElseZero(FirstN(d, static_cast<std::size_t>(at.last_lanes)), v), p);
  else store_lanes(d, v, p, at.last_lanes);
}

/// Any tail, on a tile that was put into memory: once for all kernels with tiles of this size. It takes copies, so that
/// a kernel's own description of its work can stay in registers.
template <int Rows, int Vectors, class T>
HWY_NOINLINE void finish_tile(const float* tile, const TileTargetOf<T> target, const TilePlace place) {
  const ScalableTag<float> d;
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  constexpr int group = Rows % 7 == 0 ? 7 : Rows % 6 == 0 ? 6 : Rows;  // as many as registers leave room for
  for (int v = 0; v < Vectors; ++v) {
    for (int first = 0; first < Rows; first += group) {
      Vec<decltype(d)> part[group][1];
      BANOFF_UNROLL
      for (int r = 0; r < group; ++r) part[r][0] = LoadU(d, tile + ((first + r) * Vectors + v) * lanes);
      TilePlace at = place;
      at.offset += first * place.row_stride + v * place.vector_stride;
      at.channel += v * lanes;
      const bool last = v + 1 == Vectors;
      if (!last) at.last_lanes = 0;
      apply_tail(d, target.tail, at, part);
      BANOFF_UNROLL
      for (int r = 0; r < group; ++r)
        store_lanes(d, part[r][0], target.y + at.offset + r * at.row_stride, at, target.zero_rest, last);
    }
  }
}

/// Asks memory for what the tail will add to a tile, before the tile's sums are made. Where it is beyond the
/// second-level cache, waiting for it would take a third as long as the sums of a 1x1 convolution.
template <int Rows, int Vectors>
HWY_INLINE void fetch_operands(const Tail& tail, const TilePlace& at) {
  for (int i = 0; i < tail.count; ++i) {
    if (tail.steps[i].kind != TailKind::add) continue;
    const float* operand = tail.steps[i].a + at.offset;
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
      BANOFF_UNROLL
      for (int v = 0; v < Vectors; ++v) hwy::Prefetch(operand + r * at.row_stride + v * at.vector_stride);
    }
  }
}

template <int Rows, int Vectors, class D, class T>
HWY_INLINE void store_tile(D d, const TileTargetOf<T>& target, const TilePlace place, Vec<D> (&tile)[Rows][Vectors]) {
  constexpr std::int64_t lanes = static_cast<std::int64_t>(MaxLanes(d));
  if (stays_in_registers(target)) {
    if (target.tail.count == 1) {
      apply_if<TailKind::clip>(d, target.tail.steps[0], place, tile);
      apply_if<TailKind::add>(d, target.tail.steps[0], place, tile);
      apply_if<TailKind::hard_swish>(d, target.tail.steps[0], place, tile);
      if constexpr (sizeof(T) == sizeof(HalfFloat)) {
        apply_if<TailKind::add_halves>(d, target.tail.steps[0], place, tile);
        apply_if<TailKind::coarse_silu>(d, target.tail.steps[0], place, tile);
      }
    }
    BANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
      T* row = target.y + place.offset + r * place.row_stride;
      BANOFF_UNROLL
      for (int v = 0; v < Vectors; ++v)
        store_lanes(d, tile[r][v], row + v * place.vector_stride, place, target.zero_rest, v + 1 == Vectors);
    }
    return;
  }
  HWY_ALIGN float buffer[Rows * Vectors * lanes];
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) Store(tile[r][v], d, buffer + (r * Vectors + v) * lanes);
  }
  finish_tile<Rows, Vectors>(buffer, target, place);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
