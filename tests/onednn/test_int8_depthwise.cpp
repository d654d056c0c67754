// Depthwise convolutions of bytes, compiled for every instruction set that this processor has, against plain sums of
// integers.
#include <doctest/doctest.h>

#include "int8_check.hpp"
#include "kernels/cpu/simd/int8_depthwise.hpp"

using namespace banoff;
using namespace banoff::test;
using cpu::simd::ByteDepthwise;
using cpu::simd::ByteIsa;
using cpu::simd::ByteTarget;

namespace {

struct Picture {
  std::int64_t channels, height, width, kernel, stride, pad;
  std::uint8_t zero = 0;

  [[nodiscard]] std::int64_t out(std::int64_t size) const { return (size + 2 * pad - kernel) / stride + 1; }
};

std::int32_t sum_of(const Picture& p, const Bytes& x, const std::vector<std::int8_t>& weights, std::int64_t row,
                    std::int64_t column, std::int64_t channel) {
  std::int32_t sum = 0;
  for (std::int64_t ky = 0; ky < p.kernel; ++ky) {
    for (std::int64_t kx = 0; kx < p.kernel; ++kx) {
      const std::int64_t at_y = row * p.stride - p.pad + ky;
      const std::int64_t at_x = column * p.stride - p.pad + kx;
      const bool outside = at_y < 0 || at_y >= p.height || at_x < 0 || at_x >= p.width;
      const int value = outside ? p.zero : x[static_cast<std::size_t>((at_y * p.width + at_x) * p.channels + channel)];
      sum += value * weights[static_cast<std::size_t>((channel * p.kernel + ky) * p.kernel + kx)];
    }
  }
  return sum;
}

void check(const ByteIsa& isa, const Picture& p, ByteTarget target, const std::vector<std::int8_t>& weights) {
  CAPTURE(cpu::name_of(isa.isa));
  CAPTURE(isa.dot);
  CAPTURE(p.channels);
  CAPTURE(p.width);
  CAPTURE(p.kernel);
  CAPTURE(p.stride);
  CAPTURE(p.pad);
  const Bytes x = random_bytes(p.channels * p.height * p.width, 1);
  const Scales scales(p.channels, p.kernel * p.kernel);
  const auto form = cpu::simd::byte_depthwise_form(isa, p.channels, p.kernel, p.stride);
  std::vector<std::byte> packed(static_cast<std::size_t>(form.groups() * form.group_bytes()), std::byte{99});
  pack_depthwise(form, weights.data(), packed.data());
  const std::int64_t rows = p.out(p.height);
  const std::int64_t columns = p.out(p.width);
  const auto elements = static_cast<std::size_t>(rows * columns * p.channels);
  Bytes y(elements + guard, 77);
  std::vector<float> floats(elements + guard, 77);
  const bool to_floats = target.floats != nullptr;
  target.scale = scales.scale.data();
  target.shift = scales.shift.data();
  target.y = y.data();
  if (to_floats) target.floats = floats.data();
  target.permute = isa.permute;
  ByteDepthwise part{x.data(), packed.data(), form,   p.height, p.width, columns, p.pad, p.pad, 0, 0,
                     0,        form.groups(), p.zero, 0,        target};
  for (const bool second : {false, true}) {
    part.first_row = second ? rows / 3 : 0;
    part.end_row = second ? rows : rows / 3;
    cpu::simd::byte_depthwise_kernel(isa, p.kernel, p.stride)(part);
  }
  int wrong = 0;
  for (std::size_t at = 0; at < elements; ++at) {
    const auto place = static_cast<std::int64_t>(at);
    const std::int64_t channel = place % p.channels;
    const std::int64_t sum = sum_of(p, x, weights, place / p.channels / columns, place / p.channels % columns, channel);
    const float v = scaled(static_cast<std::int32_t>(sum), static_cast<std::size_t>(channel), target, at);
    if (to_floats ? floats[at] != v : y[at] != rounded(v, target)) ++wrong;
  }
  for (std::size_t i = elements; i < y.size(); ++i)
    if (y[i] != 77 || floats[i] != 77.0F) ++wrong;
  CHECK(wrong == 0);
}

void check_ways(const Picture& p, const ByteTarget& target) {
  const auto weights = random_bytes<std::int8_t>(p.channels * p.kernel * p.kernel, 2, -128, 127);
  for (const ByteIsa& isa : byte_ways()) check(isa, p, target, weights);
}

}  // namespace

TEST_CASE("int8 depthwise convolutions of every kernel, stride, border and size") {
  ByteTarget target;
  target.zero_point = 120;
  for (const std::int64_t kernel : {3, 5})
    for (const std::int64_t stride : {1, 2})
      for (const std::int64_t pad : {std::int64_t{0}, kernel / 2, kernel - 1})
        for (const std::int64_t width : {5, 8, 14, 17, 30})
          for (const std::int64_t channels : {1, 3, 8, 17, 24})
            check_ways({channels, 9, width, kernel, stride, pad, 113}, target);
}

TEST_CASE("int8 depthwise convolutions of pictures of one row or pixel") {
  ByteTarget target;
  for (const std::int64_t kernel : {3, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      check_ways({24, 1, 1, kernel, stride, kernel / 2, 9}, target);
      check_ways({24, 1, 20, kernel, stride, kernel / 2, 9}, target);
      check_ways({144, 2, 7, kernel, stride, kernel / 2, 9}, target);
    }
  }
}

TEST_CASE("int8 depthwise convolutions of pictures wider than the columns that are widened together") {
  ByteTarget target;
  for (const std::int64_t kernel : {3, 5})
    for (const std::int64_t stride : {1, 2})
      for (const std::int64_t width : {70, 115, 131})
        check_ways({40, 6, width, kernel, stride, kernel / 2, 140}, target);
}

TEST_CASE("int8 depthwise convolutions at all zero points, with tables, addends and to floats") {
  const Bytes table = random_bytes(256, 3);
  const Bytes addend = random_bytes(40 * 11 * 18, 4);
  float any = 0;
  for (const int zero_point : {0, 3, 128, 255}) {
    for (const std::int64_t stride : {1, 2}) {
      const Picture p{40, 11, 18, 3, stride, 1, static_cast<std::uint8_t>(zero_point)};
      ByteTarget target;
      target.zero_point = zero_point;
      check_ways(p, target);
      target.low = zero_point;
      target.high = std::min(zero_point + 50, 255);
      target.table = table.data();
      check_ways(p, target);
      target.add = addend.data();
      target.add_scale = 0.4F;
      check_ways(p, target);
      target.floats = &any;
      check_ways(p, target);
    }
  }
}

TEST_CASE("int8 depthwise sums of the largest products are exact") {
  float any = 0;
  ByteTarget target;
  target.floats = &any;
  for (const int weight : {-128, 127}) {
    const Picture p{20, 6, 9, 5, 1, 2, 255};
    const std::vector<std::int8_t> weights(20 * 25, static_cast<std::int8_t>(weight));
    for (const ByteIsa& isa : byte_ways()) check(isa, p, target, weights);
  }
}

TEST_CASE("there is no int8 depthwise kernel of other sides and strides") {
  for (const ByteIsa& isa : byte_ways()) {
    CHECK_FALSE(static_cast<bool>(cpu::simd::byte_depthwise_kernel(isa, 4, 1)));
    CHECK_FALSE(static_cast<bool>(cpu::simd::byte_depthwise_kernel(isa, 3, 3)));
    CHECK(static_cast<bool>(cpu::simd::byte_depthwise_kernel(isa, 3, 2)));
  }
}
