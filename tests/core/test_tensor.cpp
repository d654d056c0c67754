#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "banoff/error.hpp"
#include "banoff/tensor.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/half.hpp"

using namespace banoff;

TEST_CASE("a shape's size overflows into an error, not a small number") {
  CHECK(Shape{2, 3, 4}.elements() == 24);
  CHECK_THROWS_AS((void)Shape({std::int64_t{1} << 40, std::int64_t{1} << 40}).elements(), Error);
  CHECK_THROWS_AS((void)Shape({-1, 3}).elements(), Error);
}

TEST_CASE("a range past the end of a file is seen even when offset + length wraps") {
  CHECK(range_fits(0, 10, 10));
  CHECK_FALSE(range_fits(1, 10, 10));
  CHECK_FALSE(range_fits(std::numeric_limits<std::uint64_t>::max(), 2, 10));
}

TEST_CASE("every half converts to float and back to itself") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const f16 half{static_cast<std::uint16_t>(bits)};
    const float value = to_float(half);
    if (std::isnan(value)) {
      CHECK(std::isnan(to_float(to_f16(value))));
    } else {
      REQUIRE(to_f16(value).bits == half.bits);
    }
  }
}

TEST_CASE("halves round to nearest even") {
  CHECK(to_float(to_f16(1.0F + 0x1p-11F)) == 1.0F);
  CHECK(to_float(to_f16(1.0F + 3 * 0x1p-11F)) == 1.0F + 0x1p-9F);
  CHECK(to_float(to_f16(65520.0F)) == std::numeric_limits<float>::infinity());
  CHECK(to_float(to_bf16(1.0F + 0x1p-8F)) == 1.0F);
  CHECK(to_float(to_bf16(1.0F + 3 * 0x1p-8F)) == 1.0F + 0x1p-6F);
}

TEST_CASE("a tensor converts between element types") {
  const Tensor t = Tensor::of<float>({3}, {1.5F, -2.0F, 0.0F});
  CHECK(t.as(DType::f16).to_vector<float>() == std::vector<float>{1.5F, -2.0F, 0.0F});
  CHECK(t.as(DType::i64).to_vector<double>() == std::vector<double>{1, -2, 0});
  CHECK(t.as(DType::f32).data() == t.data());
  CHECK_THROWS_AS((void)t.values<double>(), Error);
}
