// Products of bytes, compiled for every instruction set that this processor has, against plain sums of integers.
#include <doctest/doctest.h>

#include "int8_check.hpp"
#include "kernels/cpu/simd/int8_product.hpp"

using namespace banoff;
using namespace banoff::test;
using cpu::simd::ByteIsa;
using cpu::simd::ByteProduct;
using cpu::simd::ByteTarget;

namespace {

struct Packed {
  cpu::simd::BytePanels panels;
  std::vector<std::int8_t> values;
};
Packed packed(const ByteIsa& isa, const cpu::simd::ByteWeights& shape, const std::vector<std::int8_t>& weights) {
  Packed made{cpu::simd::byte_panels(isa, shape.out), {}};
  made.values.resize(static_cast<std::size_t>(packed_weight_bytes(made.panels, shape)), std::int8_t{99});
  pack_weights(made.panels, shape, weights.data(), made.values.data());
  return made;
}

/// Rows of a product as ByteProduct has them, with segments `x_segment` bytes apart.
struct Case {
  std::int64_t rows, out, segments, length;
  std::int64_t width, x_line, x_pixel, x_segment;
};

std::int32_t sum_of(const Case& c, const Bytes& x, const std::vector<std::int8_t>& weights,
                    const std::vector<std::int64_t>& offsets, std::int64_t row, std::int64_t o) {
  std::int32_t sum = 0;
  for (std::int64_t s = 0; s < c.segments; ++s) {
    for (std::int64_t i = 0; i < c.length; ++i) {
      const std::int64_t at =
          row / c.width * c.x_line + row % c.width * c.x_pixel + offsets[static_cast<std::size_t>(s)] + i;
      sum += x[static_cast<std::size_t>(at)] * weights[static_cast<std::size_t>((o * c.segments + s) * c.length + i)];
    }
  }
  return sum;
}

/// Runs in two parts of rows and, where there are several, panels; checks every element, and what lies behind.
void check(const ByteIsa& isa, const Case& c, const Bytes& x, const std::vector<std::int8_t>& weights,
           ByteTarget target) {
  CAPTURE(cpu::name_of(isa.isa));
  CAPTURE(isa.dot);
  CAPTURE(c.rows);
  CAPTURE(c.out);
  CAPTURE(c.length);
  const Packed made = packed(isa, {c.out, c.segments, c.length}, weights);
  std::vector<std::int64_t> offsets;
  for (std::int64_t s = 0; s < c.segments; ++s) offsets.push_back(s * c.x_segment);
  const auto elements = static_cast<std::size_t>(c.rows * c.out);
  Bytes y(elements + guard, 77);
  std::vector<float> floats(elements + guard, 77);
  const bool to_floats = target.floats != nullptr;
  target.y = y.data();
  if (to_floats) target.floats = floats.data();
  target.permute = isa.permute;
  ByteProduct product{x.data(),
                      made.values.data(),
                      offsets.data(),
                      {c.out, c.segments, c.length},
                      made.panels,
                      c.width,
                      c.x_line,
                      c.x_pixel,
                      c.out,
                      0,
                      0,
                      0,
                      0,
                      target};
  for (const bool second : {false, true}) {
    product.first = second ? c.rows / 3 : 0;
    product.end = second ? c.rows : c.rows / 3;
    for (std::int64_t panel = 0; panel < made.panels.panels; ++panel) {
      product.first_panel = panel;
      product.end_panel = panel + 1;
      byte_product_kernel(isa)(product);
    }
  }
  int wrong = 0;
  for (std::int64_t row = 0; row < c.rows; ++row) {
    for (std::int64_t o = 0; o < c.out; ++o) {
      const auto at = static_cast<std::size_t>(row * c.out + o);
      const float v = scaled(sum_of(c, x, weights, offsets, row, o), static_cast<std::size_t>(o), target, at);
      if (to_floats ? floats[at] != v : y[at] != rounded(v, target)) ++wrong;
    }
  }
  for (std::size_t i = elements; i < y.size(); ++i)
    if (y[i] != 77 || floats[i] != 77.0F) ++wrong;
  CHECK(wrong == 0);
}

void check_rows(std::int64_t rows, std::int64_t in, std::int64_t out, ByteTarget target, int least_weight) {
  const Bytes x = random_bytes(rows * in, 1);
  const auto weights = random_bytes<std::int8_t>(out * in, 2, least_weight, 127);
  const Scales scales(out, in);
  target.scale = scales.scale.data();
  target.shift = scales.shift.data();
  for (const ByteIsa& isa : byte_ways()) check(isa, {rows, out, 1, in, rows, 0, in, 0}, x, weights, target);
}

}  // namespace

TEST_CASE("int8 products of every number of rows, inputs and outputs") {
  ByteTarget target;
  target.zero_point = 120;
  for (const std::int64_t out : {1, 3, 8, 17, 24, 40, 64, 144})
    for (const std::int64_t in : {1, 3, 8, 17, 144})
      for (const std::int64_t rows : {1, 2, 7, 23}) check_rows(rows, in, out, target, -127);
}

TEST_CASE("int8 products at all zero points, within bounds and through a table") {
  const Bytes table = random_bytes(256, 3);
  for (const std::int32_t zero_point : {0, 3, 128, 255}) {
    ByteTarget target;
    target.zero_point = zero_point;
    check_rows(19, 40, 56, target, -127);
    target.low = zero_point;
    target.high = std::min(zero_point + 60, 255);
    check_rows(19, 40, 56, target, -127);
    target.table = table.data();
    check_rows(19, 40, 24, target, -127);
  }
}

TEST_CASE("int8 products with an addend, and to floats") {
  for (const std::int64_t out : {5, 24, 64, 130}) {
    const Bytes addend = random_bytes(21 * out, 4);
    ByteTarget target;
    target.zero_point = 60;
    target.add = addend.data();
    target.add_scale = 0.37F;
    check_rows(21, 33, out, target, -127);
    float any = 0;
    target.floats = &any;
    check_rows(21, 33, out, target, -127);
    target.add = nullptr;
    check_rows(1, 33, out, target, -127);
  }
}

TEST_CASE("int8 sums of the largest products are exact") {
  const std::int64_t in = 515, out = 20;
  const Bytes x(9 * in, 255);
  std::vector<float> scale(out + 64, 1), shift(out + 64, 0);
  float any = 0;
  ByteTarget target;
  target.scale = scale.data();
  target.shift = shift.data();
  target.floats = &any;
  for (const int weight : {-128, 127}) {
    const std::vector<std::int8_t> weights(static_cast<std::size_t>(in * out), static_cast<std::int8_t>(weight));
    for (const ByteIsa& isa : byte_ways()) check(isa, {9, out, 1, in, 9, 0, in, 0}, x, weights, target);
  }
}

TEST_CASE("int8 convolutions of pictures that carry their border") {
  ByteTarget target;
  target.zero_point = 100;
  for (const std::int64_t stride : {1, 2}) {
    for (const std::int64_t channels : {4, 17, 24}) {
      for (const std::int64_t width : {1, 5, 13}) {
        const std::int64_t line = ((width - 1) * stride + 3) * channels;
        const Case c{4 * width, 35, 3, 3 * channels, width, stride * line, stride * channels, line};
        const Bytes x = random_bytes((3 * stride + 3) * line, 5);
        const auto weights = random_bytes<std::int8_t>(c.out * 9 * channels, 6, -127, 127);
        const Scales scales(c.out, 9 * channels);
        target.scale = scales.scale.data();
        target.shift = scales.shift.data();
        for (const ByteIsa& isa : byte_ways()) check(isa, c, x, weights, target);
      }
    }
  }
}
