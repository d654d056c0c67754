// Windows, means and borders of pictures of bytes, compiled for every instruction set that this processor has, against
// plain sums of integers.
#include <doctest/doctest.h>

#include "int8_check.hpp"
#include "kernels/cpu/simd/int8_pool.hpp"

using namespace banoff;
using namespace banoff::test;
using cpu::simd::ByteIsa;
using cpu::simd::BytePool;

namespace {

std::int64_t out_of(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t pad) {
  return (size + 2 * pad - kernel) / stride + 1;
}

/// The value of an output that a plain loop finds.
std::uint8_t expected(const BytePool& p, std::size_t at) {
  const auto place = static_cast<std::int64_t>(at);
  const std::int64_t pixel = place / p.channels;
  std::uint8_t most = 0;
  for (std::int64_t ky = 0; ky < p.kernel_height; ++ky) {
    for (std::int64_t kx = 0; kx < p.kernel_width; ++kx) {
      const std::int64_t y = pixel / p.out_width * p.stride_height - p.pad_top + ky;
      const std::int64_t x = pixel % p.out_width * p.stride_width - p.pad_left + kx;
      if (y < 0 || y >= p.height || x < 0 || x >= p.width) continue;
      most = std::max(most, p.x[(y * p.width + x) * p.channels + place % p.channels]);
    }
  }
  return most;
}

void check(const ByteIsa& isa, BytePool p, std::int64_t rows) {
  CAPTURE(cpu::name_of(isa.isa));
  CAPTURE(p.channels);
  CAPTURE(p.kernel_height);
  const auto elements = static_cast<std::size_t>(rows * p.out_width * p.channels);
  Bytes y(elements + guard, 77);
  p.y = y.data();
  for (const bool second : {false, true}) {
    p.first_row = second ? rows / 2 : 0;
    p.end_row = second ? rows : rows / 2;
    byte_pools(isa).largest(p);
  }
  int wrong = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (y[i] != (i < elements ? expected(p, i) : 77)) ++wrong;
  CHECK(wrong == 0);
}

}  // namespace

TEST_CASE("int8 windows of every size") {
  for (const std::int64_t channels : {1, 3, 8, 17, 24, 144}) {
    for (const std::int64_t kernel : {2, 3, 5}) {
      for (const std::int64_t stride : {1, 2}) {
        const Bytes x = random_bytes(channels * 7 * 9, 1);
        BytePool p;
        p.x = x.data();
        p.channels = channels;
        p.height = 7;
        p.width = 9;
        p.kernel_height = p.kernel_width = kernel;
        p.stride_height = p.stride_width = stride;
        p.pad_top = p.pad_left = kernel / 2;
        p.out_width = out_of(9, kernel, stride, kernel / 2);
        for (const ByteIsa& isa : byte_ways()) check(isa, p, out_of(7, kernel, stride, kernel / 2));
      }
    }
  }
}

TEST_CASE("int8 means of whole pictures") {
  for (const ByteIsa& isa : byte_ways()) {
    for (const std::int64_t channels : {1, 3, 8, 17, 24, 144}) {
      CAPTURE(channels);
      const std::int64_t pixels = 49;
      const Bytes x = random_bytes(channels * pixels, 1);
      std::vector<float> y(static_cast<std::size_t>(channels) + guard, 77);
      for (const bool second : {false, true})
        byte_pools(isa).mean({x.data(), y.data(), 0.02F, -3, pixels, channels, second ? channels / 2 : 0,
                              second ? channels : channels / 2});
      int wrong = 0;
      for (std::size_t c = 0; c < y.size(); ++c) {
        std::int32_t sum = 0;
        for (std::size_t i = c; i < x.size() && c < y.size() - guard; i += y.size() - guard) sum += x[i];
        if (y[c] != (c < y.size() - guard ? std::fma(static_cast<float>(sum), 0.02F, -3.0F) : 77)) ++wrong;
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("borders of bytes, and pixels of more channels") {
  for (const ByteIsa& isa : byte_ways()) {
    for (const auto& [channels, y_channels] : {std::pair<std::int64_t, std::int64_t>{3, 4}, {5, 5}, {3, 3}, {17, 20}}) {
      for (const std::int64_t width : {1, 3, 4, 11, 30}) {
        const std::int64_t height = 4;
        const std::int64_t out_width = width + 3;
        const Bytes x = random_bytes(channels * height * width, 1);
        Bytes y(static_cast<std::size_t>((height + 3) * out_width * y_channels) + guard, 77);
        byte_pools(isa).border({x.data(), y.data(), channels, y_channels, height, width, 2, 1, 2, 0, height + 3, 200});
        int wrong = 0;
        for (std::size_t i = 0; i < y.size(); ++i) {
          const auto at = static_cast<std::int64_t>(i);
          const std::int64_t c = at % y_channels;
          const std::int64_t column = at / y_channels % out_width - 1;
          const std::int64_t row = at / y_channels / out_width - 2;
          const bool inside = row >= 0 && row < height && column >= 0 && column < width;
          if (inside && c >= channels) continue;
          const int wanted = i >= y.size() - guard ? 77
                             : inside              ? x[static_cast<std::size_t>((row * width + column) * channels + c)]
                                                   : 200;
          if (y[i] != wanted) ++wrong;
        }
        CHECK(wrong == 0);
      }
    }
  }
}
