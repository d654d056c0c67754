// Depthwise convolutions of bytes but with AVX-512 and an instruction for four products: two rows of the picture become
// pairs of 16 bits, once, in a little memory that stays in the first cache, with its border; all windows read them
// there.
#include "kernels/cpu/simd/int8_depthwise.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/int8_depthwise_pairs.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/int8_channels-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

using HalvesTag = ScalableTag<std::int16_t>;

/// Channels of a group, in two vectors of sums: blocks of four channels go to the first and the second in turn, as
/// interleaving leaves them.
inline constexpr std::int64_t together = 2 * lanes;
/// Columns of the input that are widened together.
inline constexpr std::int64_t widest = 64;
/// Numbers of a column of two rows.
inline constexpr std::int64_t column_numbers = 2 * together;

/// A row of the input; outside of the picture, where its zero point lies, all columns are one.
struct InputRow {
  const std::uint8_t* x;
  std::int64_t pixel;

  HWY_INLINE InputRow(const ByteDepthwise& p, std::int64_t first, std::int64_t y, const std::uint8_t* nothing)
      : x(nothing), pixel(0) {
    if (y < 0 || y >= p.height) return;
    pixel = p.form.channels;
    x = p.x + first + y * p.width * pixel;
  }
};

/// Columns [left, left + columns) of rows y and y + 1, the bytes of a channel side by side, of so many channels.
HWY_INLINE void widen_rows(const ByteDepthwise& p, std::int64_t first, std::int64_t count, std::int64_t y,
                           std::int64_t left, std::int64_t columns, std::int16_t* to) {
  const HalvesTag d;
  const Rebind<std::uint8_t, HalvesTag> bytes;
  HWY_ALIGN std::uint8_t nothing[together];
  Store(Set(bytes, p.x_zero), bytes, nothing);
  const InputRow even(p, first, y, nothing), odd(p, first, y + 1, nothing);
  const auto put = [&](std::int64_t i, Vec<HalvesTag> a, Vec<HalvesTag> b) HWY_ATTR {
    Store(InterleaveLower(a, b), d, to + i * column_numbers);
    Store(InterleaveUpper(d, a, b), d, to + i * column_numbers + column_numbers / 2);
  };
  const auto zeros = Set(d, static_cast<std::int16_t>(p.x_zero));
  const std::int64_t begin = left < 0 ? -left : 0;
  const std::int64_t end = p.width - left < columns ? p.width - left : columns;
  for (std::int64_t i = 0; i < begin; ++i) put(i, zeros, zeros);
  for (std::int64_t i = begin; i < end; ++i)
    put(i, PromoteTo(d, load_bytes(bytes, even.x + (left + i) * even.pixel, count)),
        PromoteTo(d, load_bytes(bytes, odd.x + (left + i) * odd.pixel, count)));
  for (std::int64_t i = end; i < columns; ++i) put(i, zeros, zeros);
}

/// The weights of a group, [kernel row][kernel column][channel], as pairs of rows, of which the first is row `from`,
/// to [pair][kernel column]. Rows that the kernel does not have weigh nothing.
template <int Kernel, int Parts>
HWY_INLINE void widen_weights(const std::int8_t* weights, int from, std::int16_t* to) {
  const HalvesTag d;
  const Rebind<std::int8_t, HalvesTag> bytes;
  for (int part = 0; part < Parts; ++part) {
    for (int kx = 0; kx < Kernel; ++kx, to += column_numbers) {
      const int row = from + 2 * part;
      const auto weight = [&](int ky) HWY_ATTR {
        return ky < 0 || ky >= Kernel ? Zero(d) : PromoteTo(d, LoadU(bytes, weights + (ky * Kernel + kx) * together));
      };
      const auto a = weight(row), b = weight(row + 1);
      Store(InterleaveLower(a, b), d, to);
      Store(InterleaveUpper(d, a, b), d, to + column_numbers / 2);
    }
  }
}

/// Where pixels of a group lie in the output.
struct GroupPlace {
  std::int64_t offset, pixel;
  std::int64_t channel, channels;
  [[nodiscard]] HWY_INLINE std::int64_t at(int i) const { return offset + i * pixel; }
};

/// What becomes of the sums of a group, prepared once for all its tiles.
struct GroupFinish {
  ByteTarget target;
  Rounding rounding;
  bool rare;
  Floats scale[2], shift[2];

  HWY_INLINE GroupFinish(const ByteTarget& given, std::int64_t first)
      : target(given), rounding(given), rare(given.add != nullptr || given.floats != nullptr || given.after_silu != 0) {
    by_blocks(given.scale + first, scale);
    by_blocks(given.shift + first, shift);
  }
};

/// Half of a group's channels: the sums of a row of windows, scaled. Columns and weights are read once.
template <int Kernel, int Stride, int Pixels, int Parts>
HWY_INLINE void sums_of_pairs(const std::int16_t* const (&pairs)[Parts], const std::int16_t* weights,
                              const GroupFinish& finish, int half, Floats (&results)[Pixels]) {
  constexpr int reach = (Pixels - 1) * Stride + Kernel;
  Ints sums[Pixels];
  BANOFF_UNROLL
  for (int part = 0; part < Parts; ++part) {
    Ints w[Kernel];
    BANOFF_UNROLL
    for (int kx = 0; kx < Kernel; ++kx)
      w[kx] = load_pairs(weights + (part * Kernel + kx) * column_numbers + half * together);
    BANOFF_UNROLL
    for (int i = 0; i < reach; ++i) {
      const Ints x = load_pairs(pairs[part] + i * column_numbers + half * together);
      BANOFF_UNROLL
      for (int t = 0; t < Pixels; ++t) {
        const int kx = i - t * Stride;
        if (kx < 0 || kx >= Kernel) continue;
        if (part == 0 && kx == 0) sums[t] = pair_products(x, w[kx]);
        else add_pairs(sums[t], x, w[kx]);
      }
    }
  }
  BANOFF_UNROLL
  for (int t = 0; t < Pixels; ++t)
    results[t] = MulAdd(ConvertTo(FloatTag(), sums[t]), finish.scale[half], finish.shift[half]);
}

/// What is rare behind these convolutions, of a tile [half][pixel] that was put into memory.
template <int Pixels>
HWY_NOINLINE void finish_elsewhere(const GroupFinish& finish, const float* tile, const GroupPlace place) {
  for (int t = 0; t < Pixels; ++t) {
    Floats copies[1][2];
    in_order(Load(FloatTag(), tile + t * lanes), Load(FloatTag(), tile + (Pixels + t) * lanes), copies[0]);
    GroupPlace pixel = place;
    pixel.offset = place.at(t);
    finish_bytes(finish.target, pixel, copies);
  }
}

/// One row of outputs, of `pairs` of rows that begin with the leftmost window.
template <int Kernel, int Stride, int Pixels, int Parts>
HWY_INLINE void tile_of_pairs(const std::int16_t* const (&pairs)[Parts], const std::int16_t* weights,
                              const GroupFinish& finish, const GroupPlace& place) {
  constexpr int twos = (Pixels + 1) / 2;
  Rounding::Halves rounded[2][twos];
  HWY_ALIGN float buffer[2 * Pixels * lanes];
  BANOFF_UNROLL
  for (int half = 0; half < 2; ++half) {
    Floats results[Pixels];
    sums_of_pairs<Kernel, Stride, Pixels>(pairs, weights, finish, half, results);
    if (finish.rare) {
      BANOFF_UNROLL
      for (int t = 0; t < Pixels; ++t) Store(results[t], FloatTag(), buffer + (half * Pixels + t) * lanes);
      continue;
    }
    BANOFF_UNROLL
    for (int two = 0; two < twos; ++two) {
      const int t = 2 * two, next = t + 1 < Pixels ? t + 1 : t;
      rounded[half][two] =
          finish.rounding.halves(finish.rounding.round(results[t]), finish.rounding.round(results[next]));
    }
  }
  if (finish.rare) return finish_elsewhere<Pixels>(finish, buffer, place);
  BANOFF_UNROLL
  for (int two = 0; two < twos; ++two) {
    const Bytes bytes = finish.rounding.bytes_by_blocks(rounded[0][two], rounded[1][two]);
    BANOFF_UNROLL
    for (int i = 0; i < 2; ++i)
      if (2 * two + i < Pixels)
        store_part<2>(bytes, i, finish.target.y + place.at(2 * two + i), place.channels, together);
  }
}

/// Columns [column, column + count) of all rows of the output, at most as many as `widest` allows.
template <int Kernel, int Stride, int Pixels>
HWY_NOINLINE void block_of_pairs(const ByteDepthwise& given, std::int64_t group, std::int64_t column,
                                 std::int64_t count) {
  const ByteDepthwise p = given;               // of which the compiler knows that nothing else points at it
  constexpr int phases = Stride == 1 ? 2 : 1;  // rows of the output that begin in a pair of rows
  constexpr int parts = ((phases - 1) * Stride + Kernel + 1) / 2;
  const std::int64_t first = p.form.first(group), channels = p.form.channels;
  const std::int64_t left = column * Stride - p.pad_left;
  const std::int64_t top = p.first_row * Stride - p.pad_top;
  const std::int64_t columns = (count - 1) * Stride + Kernel;
  const std::int64_t exist = Pixels > 1 ? together : channels - first;
  const GroupFinish finish(p.target, first);
  HWY_ALIGN std::int16_t memory[parts][widest * column_numbers];
  HWY_ALIGN std::int16_t weights[phases][parts * Kernel * column_numbers];
  for (int phase = 0; phase < phases; ++phase)
    widen_weights<Kernel, parts>(reinterpret_cast<const std::int8_t*>(p.weights + group * p.form.group_bytes()), -phase,
                                 weights[phase]);
  std::int64_t ready = 0;
  for (std::int64_t row = p.first_row; row < p.end_row; ++row) {
    const std::int64_t next = (row - p.first_row) / phases, phase = (row - p.first_row) % phases;
    for (; ready < next + parts; ++ready)
      widen_rows(p, first, exist, top + 2 * ready, left, columns, memory[ready % parts]);
    const std::int16_t* pairs[parts];
    const std::int64_t output = p.offset + (row * p.out_width + column) * channels + first;
    for (std::int64_t at = 0; at < count; at += Pixels) {
      // The last tile may repeat pixels of the one before.
      const std::int64_t start = at + Pixels <= count ? at : count - Pixels;
      BANOFF_UNROLL
      for (int part = 0; part < parts; ++part)
        pairs[part] = memory[(next + part) % parts] + start * Stride * column_numbers;
      tile_of_pairs<Kernel, Stride, Pixels, parts>(pairs, weights[phase], finish,
                                                   {output + start * channels, channels, first, exist});
    }
  }
}

template <int Kernel, int Stride, int Pixels>
void columns_of_pairs(const ByteDepthwise& p, std::int64_t group) {
  constexpr std::int64_t most = ((widest - Kernel) / Stride + 1) / Pixels * Pixels;
  for (std::int64_t next = 0; next < p.out_width; next += most) {
    const std::int64_t left = p.out_width - next;
    const std::int64_t count = left >= most ? most : left >= Pixels ? left : Pixels;
    block_of_pairs<Kernel, Stride, Pixels>(p, group, left >= Pixels ? next : p.out_width - Pixels, count);
  }
}

template <int Kernel, int Stride>
void depthwise_pairs(const ByteDepthwise& p) {
  const bool whole = p.form.channels >= together;
  for (std::int64_t group = p.first_group; group < p.end_group; ++group) {
    if (whole && p.out_width >= 7) columns_of_pairs<Kernel, Stride, 7>(p, group);
    else if (whole && p.out_width >= 3) columns_of_pairs<Kernel, Stride, 3>(p, group);
    else columns_of_pairs<Kernel, Stride, 1>(p, group);
  }
}

ByteDepthwiseKernel depthwise_pairs_of(std::int64_t kernel, std::int64_t stride) {
  switch (kernel * 10 + stride) {
    case 31: return depthwise_pairs<3, 1>;
    case 32: return depthwise_pairs<3, 2>;
    case 51: return depthwise_pairs<5, 1>;
    case 52: return depthwise_pairs<5, 2>;
    default: return nullptr;
  }
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
ByteDepthwiseKernel byte_pairs_kernel(Isa isa, std::int64_t kernel, std::int64_t stride) {
  return BANOFF_FOR_ISA(isa, depthwise_pairs_of)(kernel, stride);
}
}  // namespace banoff::cpu::simd
#endif
