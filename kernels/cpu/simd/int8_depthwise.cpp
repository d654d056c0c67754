#include "kernels/cpu/simd/int8_depthwise.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/int8_depthwise.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/int8-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// Rows [top, top + Inputs) of a picture at the first channel of a tile; instead of those outside the nearest inside.
template <int Inputs, bool Whole>
struct RowsOfTile {
  const std::uint8_t* x[Inputs];
  std::int64_t channels;  ///< that there are, fewer than a vector unless Whole

  HWY_INLINE RowsOfTile(const ByteDepthwise& p, std::int64_t first, std::int64_t top)
      : channels(p.form.channels - first) {
    const std::int64_t line = p.width * p.form.channels;
    BANOFF_UNROLL
    for (int i = 0; i < Inputs; ++i) {
      const std::int64_t y = top + i;
      x[i] = p.x + first + (y < 0 ? 0 : y < p.height ? y : p.height - 1) * line;
    }
  }
  HWY_INLINE Vec<FewBytesTag> load(int i, std::int64_t offset) const {
    return load_bytes(FewBytesTag(), x[i] + offset, Whole ? lanes : channels);
  }
  HWY_INLINE Ints wide(int i, std::int64_t offset) const { return PromoteTo(IntTag(), load(i, offset)); }
};

#if HWY_ARCH_X86
/// Four rows of the input at once: the bytes of a channel in one column of them are a lane of a vector, and serve all
/// outputs whose windows they lie in, which have weights of zero for the rows that they do not see.
struct Fours {
  static constexpr int rows = 4;
  static constexpr std::uint32_t row_bits = 0xFF;
  static HWY_INLINE void add(Ints& sum, Ints x, Ints w) { DotInstruction::add(sum, x, w); }
  template <int Inputs, bool Whole>
  static HWY_INLINE Ints load(const RowsOfTile<Inputs, Whole>& from, int first, std::int64_t offset) {
#if HWY_TARGET == HWY_AVX3
    const auto row = [&](int i) HWY_ATTR { return from.load(first + i < Inputs ? first + i : Inputs - 1, offset).raw; };
    // Fours of channels of all rows together, then the bytes of each channel.
    const auto fours = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const auto bytes = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
    auto all = _mm512_castsi128_si512(row(0));
    all = _mm512_inserti32x4(all, row(1), 1);
    all = _mm512_inserti32x4(all, row(2), 2);
    all = _mm512_inserti32x4(all, row(3), 3);
    return Ints{_mm512_shuffle_epi8(_mm512_permutexvar_epi32(fours, all), bytes)};
#else
    Ints all = from.wide(first, offset);
    if (first + 1 < Inputs) all = Or(all, ShiftLeft<8>(from.wide(first + 1, offset)));
    if (first + 2 < Inputs) all = Or(all, ShiftLeft<16>(from.wide(first + 2, offset)));
    if (first + 3 < Inputs) all = Or(all, ShiftLeft<24>(from.wide(first + 3, offset)));
    return all;
#endif
  }
};
#endif

/// Two rows at once, in 16 bits each.
struct Pairs {
  static constexpr int rows = 2;
  static constexpr std::uint32_t row_bits = 0xFFFF;
  static HWY_INLINE void add(Ints& sum, Ints x, Ints w) { add_pair(sum, x, w); }
  template <int Inputs, bool Whole>
  static HWY_INLINE Ints load(const RowsOfTile<Inputs, Whole>& from, int first, std::int64_t offset) {
    const Ints even = from.wide(first, offset);
    return first + 1 < Inputs ? Or(even, ShiftLeft<16>(from.wide(first + 1, offset))) : even;
  }
};

/// What becomes of rows outside of the picture, in every lane: bits of parts that are kept, and zero points.
template <class Way, int Inputs>
struct Border {
  static constexpr int parts = (Inputs + Way::rows - 1) / Way::rows;
  bool any;
  std::uint32_t zeros;  ///< all rows'
  std::uint32_t keep[parts];

  HWY_INLINE Border(const ByteDepthwise& p, std::int64_t top)
      : any(top < 0 || top + Inputs > p.height), zeros(0xFFFFFFFFU / Way::row_bits * p.x_zero) {
    if (!any) return;
    for (int part = 0; part < parts; ++part) {
      keep[part] = 0;
      for (int i = 0; i < Way::rows; ++i) {
        const std::int64_t y = top + part * Way::rows + i;
        if (y >= 0 && y < p.height) keep[part] |= Way::row_bits << (32 / Way::rows * i);
      }
    }
  }
  HWY_INLINE Ints nothing() const { return Set(IntTag(), static_cast<std::int32_t>(zeros)); }
  HWY_INLINE Ints applied(Ints values, int part) const {
    if (!any) return values;
    return Or(And(values, Set(IntTag(), static_cast<std::int32_t>(keep[part]))),
              Set(IntTag(), static_cast<std::int32_t>(zeros & ~keep[part])));
  }
};

/// Adds a column of the input to the sums of all outputs in whose windows it lies; an outer one holds zero points.
template <class Way, int Kernel, int Stride, int Rows, int Pixels, int Inputs, bool Whole>
HWY_INLINE void add_column(Ints (&sums)[Rows * Pixels], const RowsOfTile<Inputs, Whole>& from,
                           const Border<Way, Inputs>& border, const std::byte* weights, int column, bool outside,
                           std::int64_t offset) {
  constexpr int parts = Border<Way, Inputs>::parts;
  BANOFF_UNROLL
  for (int part = 0; part < parts; ++part) {
    const int first = part * Way::rows;
    const Ints values = outside ? border.nothing() : border.applied(Way::load(from, first, offset), part);
    BANOFF_UNROLL
    for (int t = 0; t < Pixels; ++t) {
      const int kx = column - t * Stride;
      if (kx < 0 || kx >= Kernel) continue;
      BANOFF_UNROLL
      for (int r = 0; r < Rows; ++r) {
        // Rows that the output's window does not reach.
        if (first + Way::rows <= r * Stride || first >= r * Stride + Kernel) continue;
        const auto* w = static_cast<const std::int8_t*>(
            static_cast<const void*>(weights + ((r * parts + part) * Kernel + kx) * lanes * 4));
        Way::add(sums[r * Pixels + t], values, BitCast(IntTag(), LoadU(ScalableTag<std::int8_t>(), w)));
      }
    }
  }
}

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
  if (p.target.add == nullptr && p.target.floats == nullptr) return store_rounded(p.target, place, results);
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

ByteDepthwiseKernel depthwise_of([[maybe_unused]] bool dot, std::int64_t kernel, std::int64_t stride) {
#if HWY_ARCH_X86
  if (dot) return depthwise_with<Fours>(kernel, stride);
#endif
  return depthwise_with<Pairs>(kernel, stride);
}

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {

ByteDepthwiseKernel byte_depthwise_kernel(const ByteIsa& isa, std::int64_t kernel, std::int64_t stride) {
  return BANOFF_FOR_ISA(isa.isa, depthwise_of)(isa.dot, kernel, stride);
}

ByteDepthwiseForm byte_depthwise_form(const ByteIsa& isa, std::int64_t channels, std::int64_t kernel,
                                      std::int64_t stride) {
  return {channels, kernel, stride, isa.dot, lanes_of(isa.isa)};
}

void pack_depthwise(const ByteDepthwiseForm& form, const std::int8_t* from, std::byte* to) {
  const std::int64_t kernel = form.kernel;
  // The weight of a channel in a row and column of the kernel, zero outside of it.
  const auto weight = [&](std::int64_t channel, std::int64_t ky, std::int64_t kx) -> std::int8_t {
    if (channel >= form.channels || ky < 0 || ky >= kernel) return 0;
    return from[(channel * kernel + ky) * kernel + kx];
  };
  for (std::int64_t group = 0; group < form.groups(); ++group) {
    for (std::int64_t at = 0; at < form.rows() * form.parts() * kernel * form.lanes; ++at) {
      const std::int64_t channel = form.first(group) + at % form.lanes;
      const std::int64_t kx = at / form.lanes % kernel;
      const std::int64_t part = at / form.lanes / kernel % form.parts();
      const std::int64_t row = at / form.lanes / kernel / form.parts();
      for (std::int64_t i = 0; i < form.part(); ++i) {
        const std::int8_t value = weight(channel, part * form.part() + i - row * form.stride, kx);
        *to++ = static_cast<std::byte>(value);
        if (!form.dot) *to++ = static_cast<std::byte>(value < 0 ? -1 : 0);  // the upper half, as x86 and Arm have it
      }
    }
  }
}

}  // namespace banoff::cpu::simd
#endif
