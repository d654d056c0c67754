#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <set>

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

TEST_CASE("every element type has a name by which it is found, and none is called alike") {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < dtype_count; ++i) {
    const auto type = static_cast<DType>(i);
    CHECK(dtype_named(name_of(type)) == type);
    names.insert(name_of(type));
  }
  CHECK(names.size() == dtype_count);
  CHECK_THROWS_WITH((void)dtype_named("i128"),
                    "unknown element type 'i128' (known: f64 f32 f16 bf16 i64 i32 i16 i8 u64 u32 u16 u8 bool)");
}

TEST_CASE("integers that a narrower type cannot hold wrap, floats saturate") {
  const Tensor whole = Tensor::of<std::int64_t>({5}, {-1, 128, 255, 256, 65537});
  CHECK(whole.as(DType::i8).to_vector<std::int64_t>() == std::vector<std::int64_t>{-1, -128, -1, 0, 1});
  CHECK(whole.as(DType::u8).to_vector<std::int64_t>() == std::vector<std::int64_t>{255, 128, 255, 0, 1});
  CHECK(whole.as(DType::i16).to_vector<std::int64_t>() == std::vector<std::int64_t>{-1, 128, 255, 256, 1});
  CHECK(whole.as(DType::u16).to_vector<std::int64_t>() == std::vector<std::int64_t>{65535, 128, 255, 256, 1});
  CHECK(whole.as(DType::u32).to_vector<std::int64_t>()[0] == 4294967295);
  CHECK(whole.as(DType::u64).to_vector<std::uint64_t>()[0] == 18446744073709551615U);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor reals = Tensor::of<double>({4}, {-1e30, 300.7, 1e30, nan});
  CHECK(reals.as(DType::i8).to_vector<std::int64_t>() == std::vector<std::int64_t>{-128, 127, 127, 0});
  CHECK(reals.as(DType::u64).to_vector<std::uint64_t>() ==
        std::vector<std::uint64_t>{0, 300, 18446744073709551615U, 0});
}

TEST_CASE("a tensor converts between element types") {
  const Tensor t = Tensor::of<float>({3}, {1.5F, -2.0F, 0.0F});
  CHECK(t.as(DType::f16).to_vector<float>() == std::vector<float>{1.5F, -2.0F, 0.0F});
  CHECK(t.as(DType::i64).to_vector<double>() == std::vector<double>{1, -2, 0});
  CHECK(t.as(DType::f32).data() == t.data());
  CHECK_THROWS_AS((void)t.values<double>(), Error);
}
