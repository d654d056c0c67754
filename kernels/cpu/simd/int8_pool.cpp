#include "kernels/cpu/simd/int8_pool.hpp"

#define HWY_TARGET_INCLUDE "kernels/cpu/simd/int8_pool.cpp"
#include "kernels/cpu/simd/dispatch.hpp"
#include "kernels/cpu/simd/int8_rounding-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace banoff::cpu::simd::HWY_NAMESPACE {

/// The part of a window that lies in the picture.
struct Window {
  std::int64_t top, bottom, left, right;

  HWY_INLINE Window(const BytePool& p, std::int64_t row, std::int64_t column) {
    top = row * p.stride_height - p.pad_top;
    left = column * p.stride_width - p.pad_left;
    bottom = top + p.kernel_height < p.height ? top + p.kernel_height : p.height;
    right = left + p.kernel_width < p.width ? left + p.kernel_width : p.width;
    if (top < 0) top = 0;
    if (left < 0) left = 0;
  }
  template <class F>
  HWY_INLINE void for_pixels(const BytePool& p, const F& f) const {
    for (std::int64_t y = top; y < bottom; ++y)
      for (std::int64_t x = left; x < right; ++x) f(p.x + (y * p.width + x) * p.channels);
  }
};

template <class F>
HWY_INLINE void for_outputs(const BytePool& p, const F& f) {
  for (std::int64_t row = p.first_row; row < p.end_row; ++row)
    for (std::int64_t column = 0; column < p.out_width; ++column)
      f(Window(p, row, column), p.y + (row * p.out_width + column) * p.channels);
}

void largest(const BytePool& given) {
  const BytePool p = given;
  for_outputs(p, [&](const Window& window, std::uint8_t* y) HWY_ATTR {
    for (std::int64_t c = 0; c < p.channels; c += 4 * lanes) {
      Bytes most = Zero(ByteTag());
      window.for_pixels(
          p, [&](const std::uint8_t* x) HWY_ATTR { most = Max(most, load_bytes(ByteTag(), x + c, p.channels - c)); });
      store_bytes(ByteTag(), most, y + c, p.channels - c);
    }
  });
}

/// Channels [c, c + 4 lanes), as many as there are.
HWY_INLINE void mean_part(const ByteMean& p, std::int64_t c) {
  Ints sums[4] = {Zero(IntTag()), Zero(IntTag()), Zero(IntTag()), Zero(IntTag())};
  const bool whole = c + 4 * lanes <= p.end;
  for (std::int64_t i = 0; i < p.pixels; ++i) {
    const std::uint8_t* x = p.x + i * p.channels + c;
    BANOFF_UNROLL
    for (int v = 0; v < 4; ++v) {
      const std::int64_t left = whole ? lanes : p.end - c - v * lanes;
      if (left <= 0) continue;
      sums[v] = Add(sums[v], PromoteTo(IntTag(), load_bytes(FewBytesTag(), x + v * lanes, left)));
    }
  }
  const auto scale = Set(FloatTag(), p.scale);
  const auto shift = Set(FloatTag(), p.shift);
  for (int v = 0; v < 4; ++v) {
    const std::int64_t left = p.end - c - v * lanes;
    if (left <= 0) break;
    store_lanes(FloatTag(), MulAdd(ConvertTo(FloatTag(), sums[v]), scale, shift), p.y + c + v * lanes, left);
  }
}

void mean(const ByteMean& given) {
  const ByteMean p = given;
  for (std::int64_t c = p.first; c < p.end; c += 4 * lanes) mean_part(p, c);
}

/// Pixels of three channels become such of four; the last are left to the caller. Returns how many it did.
HWY_INLINE std::int64_t widen_pixels(const std::uint8_t* x, std::uint8_t* y, std::int64_t pixels) {
  const Full128<std::uint8_t> d;
  alignas(16) static constexpr std::uint8_t places[16] = {0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11};
  const auto order = Load(d, places);
  std::int64_t i = 0;
  for (; i + 6 <= pixels; i += 4) StoreU(TableLookupBytes(LoadU(d, x + 3 * i), order), d, y + 4 * i);
  return i;
}

void border(const ByteBorder& p) {
  const std::int64_t out_line = (p.pad_left + p.width + p.pad_right) * p.y_channels;
  const auto bytes = [](std::int64_t count) { return static_cast<std::size_t>(count); };
  for (std::int64_t row = p.first_row; row < p.end_row; ++row) {
    std::uint8_t* y = p.y + row * out_line;
    const std::int64_t inner = row - p.pad_top;
    if (inner < 0 || inner >= p.height) {
      __builtin_memset(y, p.value, bytes(out_line));
      continue;
    }
    const std::uint8_t* x = p.x + inner * p.width * p.channels;
    __builtin_memset(y, p.value, bytes(p.pad_left * p.y_channels));
    y += p.pad_left * p.y_channels;
    if (p.y_channels == p.channels) {
      __builtin_memcpy(y, x, bytes(p.width * p.channels));
    } else {
      std::int64_t pixel = p.channels == 3 && p.y_channels == 4 ? widen_pixels(x, y, p.width) : 0;
      for (; pixel < p.width; ++pixel) {
        for (std::int64_t c = 0; c < p.y_channels; ++c)
          y[pixel * p.y_channels + c] = c < p.channels ? x[pixel * p.channels + c] : p.value;
      }
    }
    __builtin_memset(y + p.width * p.y_channels, p.value, bytes(p.pad_right * p.y_channels));
  }
}

BytePools pools() { return {largest, mean, border}; }

}  // namespace banoff::cpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace banoff::cpu::simd {
BytePools byte_pools(const ByteIsa& isa) { return BANOFF_FOR_ISA(isa.isa, pools)(); }
}  // namespace banoff::cpu::simd
#endif
