#include "kernels/cpu/simd/int8_depthwise.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/int8_depthwise.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/int8_columns-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Where a tile of Rows x Pixels begins, and what lies between its rows and pixels.
template <int Pixels>
struct PixelPlace {
  std::int64_t offset, row, pixel;
  std::int64_t channel, channels;
  [[nodiscard]] HWY_INLINE std::int64_t at(int i) const { return offset + i / Pixels * row + i % Pixels * pixel; }
};

/// What is rare behind these convolutions, of a tile that was put into memory.
template <int Count, class Place>
HWY_NOINLINE void finish_elsewhere(const float* tile, const ByteTarget target, const Place place) {
  Floats copies[Count][1];
  BANOFF_UNROLL
  for (int i = 0; i < Count; ++i) copies[i][0] = Load(FloatTag(), tile + i * lanes);
  finish_bytes(target, place, copies);
}

/// Rows x Pixels outputs of a group of channels: columns of the input one after another, each added to the sums of all
/// windows that it lies in. Of the columns the first Left and last Right lie outside; of -1 it is found out here, and
/// so is how many channels there are.
template <class Way, int Kernel, int Stride, int Rows, int Pixels, int Left, int Right>
HWY_INLINE void depthwise_tile(const ByteDepthwise& p, std::int64_t first, const std::byte* weights, std::int64_t row,
                               std::int64_t column) {
  constexpr int reach = (Pixels - 1) * Stride + Kernel;
  constexpr int inputs = (Rows - 1) * Stride + Kernel;
  const std::int64_t channels = p.form.channels;
  const RowsOfTile<inputs, (Left >= 0)> rows(p, first, row * Stride - p.pad_top);
  const Border<Way, inputs> border(p, row * Stride - p.pad_top);
  const std::int64_t left = column * Stride - p.pad_left;
  Ints sums[Rows * Pixels];
  BANOFF_UNROLL
  for (int i = 0; i < Rows * Pixels; ++i) sums[i] = Zero(IntTag());
  std::int64_t offset = left * channels;
  BANOFF_UNROLL
  for (int i = 0; i < reach; ++i) {
    const bool outside = Left < 0 ? left + i < 0 || left + i >= p.width : i < Left || i >= reach - Right;
    add_column<Way, Kernel, Stride, Rows, Pixels>(sums, rows, border, weights, i, outside, offset);
    offset += channels;
    asm("" : "+r"(offset));  // not as many offsets beforehand as there are columns
  }
  const PixelPlace<Pixels> place{p.offset + (row * p.out_width + column) * channels + first, p.out_width * channels,
                                 channels, first, Left < 0 ? channels - first : lanes};
  Floats results[Rows * Pixels][1];
  const auto scale = LoadU(FloatTag(), p.target.scale + first);
  const auto shift = LoadU(FloatTag(), p.target.shift + first);
  BANOFF_UNROLL
  for (int i = 0; i < Rows * Pixels; ++i) results[i][0] = MulAdd(ConvertTo(FloatTag(), sums[i]), scale, shift);
  if (p.target.add == nullptr && p.target.floats == nullptr && p.target.after_silu == 0)
    return store_rounded(p.target, place, results);
  HWY_ALIGN float buffer[Rows * Pixels * lanes];
  BANOFF_UNROLL
  for (int i = 0; i < Rows * Pixels; ++i) Store(results[i][0], FloatTag(), buffer + i * lanes);
  finish_elsewhere<Rows * Pixels>(buffer, p.target, place);
}

template <class Way, int Kernel, int Stride, int Pixels, int Left, int Right>
HWY_NOINLINE void depthwise_rows(const ByteDepthwise& given, std::int64_t group, std::int64_t column) {
  constexpr int rows = Stride == 1 ? 2 : 1;
  static_assert(((rows - 1) * Stride + Kernel + Way::rows - 1) / Way::rows == (Kernel + Way::rows - 1) / Way::rows,
                "a last row alone reads the same weights");
  const ByteDepthwise p = given;  // of which the compiler knows that nothing else points at it
  const std::int64_t first = p.form.first(group);
  const std::byte* weights = p.weights + group * p.form.group_bytes();
  std::int64_t row = p.first_row;
  for (; row + rows <= p.end_row; row += rows) {
    asm("" : "+r"(row));  // not an address per element of a tile that is kept from row to row
    depthwise_tile<Way, Kernel, Stride, rows, Pixels, Left, Right>(p, first, weights, row, column);
  }
  if (row < p.end_row) depthwise_tile<Way, Kernel, Stride, 1, Pixels, Left, Right>(p, first, weights, row, column);
}

template <class Way, int Kernel, int Stride, int Pixels>
HWY_INLINE void depthwise_columns(const ByteDepthwise& p, std::int64_t group) {
  [[maybe_unused]] constexpr int half = Kernel / 2;
  // With this padding a row of strided windows that fills the picture ends one column earlier.
  [[maybe_unused]] constexpr int end = Stride == 1 ? half : half - 1;
  for (std::int64_t next = 0; next < p.out_width; next += Pixels) {
    // The last tile may repeat pixels of the one before.
    const std::int64_t column = next + Pixels <= p.out_width ? next : p.out_width - Pixels;
    const std::int64_t before = p.pad_left - column * Stride;
    const std::int64_t behind = (Pixels - 1) * Stride + Kernel - before - p.width;
    if constexpr (Pixels > 1) {  // the borders that networks have
      const std::int64_t left = before > 0 ? before : 0;
      const std::int64_t right = behind > 0 ? behind : 0;
      if (left == 0 && right == 0) {
        depthwise_rows<Way, Kernel, Stride, Pixels, 0, 0>(p, group, column);
        continue;
      }
      if (left == half && right == 0) {
        depthwise_rows<Way, Kernel, Stride, Pixels, half, 0>(p, group, column);
        continue;
      }
      if (left == 0 && right == end) {
        depthwise_rows<Way, Kernel, Stride, Pixels, 0, end>(p, group, column);
        continue;
      }
      if (left == half && right == end) {
        depthwise_rows<Way, Kernel, Stride, Pixels, half, end>(p, group, column);
        continue;
      }
    }
    for (std::int64_t one = column; one < column + Pixels; ++one)
      depthwise_rows<Way, Kernel, Stride, 1, -1, -1>(p, group, one);
  }
}

template <class Way, int Kernel, int Stride>
void depthwise(const ByteDepthwise& p) {
  constexpr int most = registers_of(target_isa) > 16 ? 7 : 4;
  const bool whole = p.form.channels >= lanes && p.out_width >= most;
  for (std::int64_t group = p.first_group; group < p.end_group; ++group) {
    if (whole) depthwise_columns<Way, Kernel, Stride, most>(p, group);
    else depthwise_columns<Way, Kernel, Stride, 1>(p, group);
  }
}

template <class Way>
ByteDepthwiseKernel depthwise_with(std::int64_t kernel, std::int64_t stride) {
  switch (kernel * 10 + stride) {
    case 31: return depthwise<Way, 3, 1>;
    case 32: return depthwise<Way, 3, 2>;
    case 51: return depthwise<Way, 5, 1>;
    case 52: return depthwise<Way, 5, 2>;
    default: return nullptr;
  }
}

ByteDepthwiseKernel depthwise_fours_of([[maybe_unused]] std::int64_t kernel, [[maybe_unused]] std::int64_t stride) {
#if HWY_TARGET == HWY_AVX3
  return depthwise_with<Fours>(kernel, stride);
#else
  return nullptr;
#endif
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {

namespace {
/// With 16 registers of half the width pairs are faster than four products in an instruction.
bool takes_fours(const ByteIsa& isa) { return isa.dot && isa.isa == Isa::avx512; }
}  // namespace

ByteDepthwiseKernel byte_depthwise_kernel(const ByteIsa& isa, std::int64_t kernel, std::int64_t stride) {
  if (!takes_fours(isa)) return byte_pairs_kernel(isa.isa, kernel, stride);
  return BANOFF_FOR_ISA(isa.isa, depthwise_fours_of)(kernel, stride);
}

ByteDepthwiseForm byte_depthwise_form(const ByteIsa& isa, std::int64_t channels, std::int64_t kernel,
                                      std::int64_t stride) {
  const bool fours = takes_fours(isa);
  return {channels, kernel, stride, fours, lanes_of(isa.isa) * (fours ? 1 : 2)};
}

void pack_depthwise(const ByteDepthwiseForm& form, const std::int8_t* from, std::byte* to) {
  const std::int64_t kernel = form.kernel;
  // The weight of a channel in a row and column of the kernel, zero outside of it.
  const auto weight = [&](std::int64_t channel, std::int64_t ky, std::int64_t kx) -> std::int8_t {
    if (channel >= form.channels || ky < 0 || ky >= kernel) return 0;
    return from[(channel * kernel + ky) * kernel + kx];
  };
  for (std::int64_t group = 0; group < form.groups(); ++group) {
    for (std::int64_t at = 0; at < form.group_bytes(); ++at) {
      const std::int64_t i = at % form.part();
      const std::int64_t channel = form.first(group) + at / form.part() % form.lanes;
      const std::int64_t kx = at / form.part() / form.lanes % kernel;
      const std::int64_t line = at / form.part() / form.lanes / kernel;
      const std::int64_t row = line / form.parts(), part = line % form.parts();
      *to++ = static_cast<std::byte>(weight(channel, part * form.part() + i - row * form.stride, kx));
    }
  }
}

}  // namespace banoff::cpu::simd
#endif
