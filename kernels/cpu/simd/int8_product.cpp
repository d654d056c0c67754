#include "kernels/cpu/simd/int8_product.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/int8_product.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/int8-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

constexpr int most_vectors = registers_of(target_isa) > 16 ? 4 : 2;

/// Rows of a tile: its sums, the prepared weights of all its vectors and one prepared input fill the registers; and no
/// more than there are registers for the addresses of.
template <class Dot>
constexpr int tile_rows(int vectors) {
  if (registers_of(target_isa) > 16) return vectors == 4 ? (Dot::one ? 6 : 4) : vectors == 3 && !Dot::one ? 6 : 8;
  return Dot::one || vectors == 1 ? 6 : 4;
}

/// Input is read for every panel anew: no more than so many bytes at a time, which the second-level cache keeps.
constexpr std::int64_t block_bytes = 256 * 1024;

template <class Dot, int Rows, int Vectors>
HWY_INLINE void add_four(const std::int32_t (&x)[Rows], const std::int8_t* weights, Ints (&sums)[Rows][Vectors]) {
  typename Dot::Signed weight[Vectors];
  BANOFF_UNROLL
  for (int v = 0; v < Vectors; ++v)
    weight[v] = Dot::prepare_signed(
        BitCast(IntTag(), LoadU(ScalableTag<std::int8_t>(), weights + static_cast<std::int64_t>(v) * 4 * lanes)));
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    const auto value = Dot::prepare_unsigned(Set(IntTag(), x[r]));
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) Dot::add(sums[r][v], value, weight[v]);
  }
}

template <class Dot, int Rows, int Vectors>
HWY_INLINE void multiply(const ByteProduct& p, const std::uint8_t* const (&x)[Rows], const std::int8_t* weights,
                         Ints (&sums)[Rows][Vectors]) {
  constexpr std::int64_t step = Vectors * lanes * 4;
  const std::int64_t length = p.shape.length;
  const std::int64_t rest = length % 4;
  for (std::int64_t segment = 0; segment < p.shape.segments; ++segment) {
    std::int64_t k = p.offsets[segment];
    for (const std::int64_t end = k + length - rest; k < end; k += 4, weights += step) {
      std::int32_t four[Rows];
      BANOFF_UNROLL
      for (int r = 0; r < Rows; ++r) __builtin_memcpy(&four[r], x[r] + k, 4);
      if constexpr (Rows == 1) __builtin_prefetch(weights + prefetch_ahead);
      add_four<Dot>(four, weights, sums);
    }
    if (rest == 0) continue;
    std::int32_t four[Rows] = {};
    for (int r = 0; r < Rows; ++r)
      for (std::int64_t i = 0; i < rest; ++i) four[r] |= x[r][k + i] << (8 * i);
    add_four<Dot>(four, weights, sums);
    weights += step;
  }
}

/// Rows from `row` on; those behind `last` are that again.
struct RowPlace {
  std::int64_t row, last, y_row;
  std::int64_t channel, channels;
  [[nodiscard]] HWY_INLINE std::int64_t at(int r) const { return (row + r < last ? row + r : last) * y_row + channel; }
};

/// Rows from `row` on; those behind `p.end` are its last again.
template <class Dot, int Rows, int Vectors>
HWY_INLINE void product_tile(const ByteProduct& p, std::int64_t row, std::int64_t end, std::int64_t vector) {
  const std::int64_t channel = vector * lanes;
  const std::int8_t* weights = p.weights + vector * p.shape.segments * ((p.shape.length + 3) / 4) * 4 * lanes;
  const RowPlace place{row, end - 1, p.y_row, channel, p.shape.out - channel};
  const std::uint8_t* x[Rows];
  std::int64_t line = row / p.width;
  std::int64_t column = row % p.width;
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    x[r] = p.x + line * p.x_line + column * p.x_pixel;
    if (row + 1 >= end) continue;
    ++row;
    if (++column == p.width) {
      column = 0;
      ++line;
    }
  }
  Ints sums[Rows][Vectors];
  BANOFF_UNROLL
  for (int r = 0; r < Rows; ++r) {
    BANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) sums[r][v] = Zero(IntTag());
  }
  multiply<Dot>(p, x, weights, sums);
  finish_sums(p.target, place, sums);
}

template <class Dot, int Vectors>
HWY_NOINLINE void product_rows(const ByteProduct& given, std::int64_t first, std::int64_t end, std::int64_t vector) {
  const ByteProduct p = given;  // of which the compiler knows that nothing else points at it
  constexpr int rows = tile_rows<Dot>(Vectors);
  if (end - first == 1) return product_tile<Dot, 1, Vectors>(p, first, end, vector);
  for (std::int64_t row = first; row < end; row += rows) product_tile<Dot, rows, Vectors>(p, row, end, vector);
}

template <class Dot>
void product(const ByteProduct& p) {
  const std::int64_t row_bytes = p.x_pixel < 1 ? 1 : p.x_pixel;
  const std::int64_t block = block_bytes / row_bytes < 32 ? 32 : block_bytes / row_bytes;
  for (std::int64_t first = p.first; first < p.end; first += block) {
    const std::int64_t end = first + block < p.end ? first + block : p.end;
    for (std::int64_t panel = p.first_panel; panel < p.end_panel; ++panel) {
      const std::int64_t vector = p.panels.first(panel);
      switch (p.panels.first(panel + 1) - vector) {
        case 1: product_rows<Dot, 1>(p, first, end, vector); break;
        case 2: product_rows<Dot, 2>(p, first, end, vector); break;
        default:
          if constexpr (most_vectors > 2) {
            if (p.panels.first(panel + 1) - vector == 3) product_rows<Dot, 3>(p, first, end, vector);
            else product_rows<Dot, 4>(p, first, end, vector);
          }
      }
    }
  }
}

ByteProductKernel product_of([[maybe_unused]] bool dot) {
#if HWY_ARCH_X86
  if (dot) return product<DotInstruction>;
#endif
  return product<DotPairs>;
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {

ByteProductKernel byte_product_kernel(const ByteIsa& isa) { return BANOFF_FOR_ISA(isa.isa, product_of)(isa.dot); }

BytePanels byte_panels(const ByteIsa& isa, std::int64_t out) {
  const std::int64_t lanes = lanes_of(isa.isa);
  const std::int64_t most = registers_of(isa.isa) > 16 ? 4 : 2;
  const std::int64_t vectors = (out + lanes - 1) / lanes;
  return {lanes, vectors, (vectors + most - 1) / most};
}

std::int64_t packed_weight_bytes(const BytePanels& panels, const ByteWeights& weights) {
  return panels.vectors * panels.lanes * weights.segments * ((weights.length + 3) / 4) * 4;
}

void pack_weights(const BytePanels& panels, const ByteWeights& weights, const std::int8_t* from, std::int8_t* to) {
  for (std::int64_t panel = 0; panel < panels.panels; ++panel) {
    const std::int64_t first = panels.first(panel) * panels.lanes;
    const std::int64_t end = panels.first(panel + 1) * panels.lanes;
    for (std::int64_t segment = 0; segment < weights.segments; ++segment) {
      for (std::int64_t k = 0; k < weights.length; k += 4) {
        for (std::int64_t o = first; o < end; ++o) {
          const std::int8_t* row = from + (o * weights.segments + segment) * weights.length;
          for (std::int64_t i = k; i < k + 4; ++i)
            *to++ = o < weights.out && i < weights.length ? row[i] : static_cast<std::int8_t>(0);
        }
      }
    }
  }
}

}  // namespace banoff::cpu::simd
#endif
