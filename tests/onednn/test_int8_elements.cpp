// Sums, tables and gates of bytes, compiled for every instruction set that this
// processor has, element by element.
#include <doctest/doctest.h>

#include "int8_check.hpp"
#include "kernels/cpu/simd/int8_elements.hpp"

using namespace banoff;
using namespace banoff::test;
using cpu::simd::ByteIsa;
using cpu::simd::ByteTarget;

namespace {

/// Runs with an output of `count` bytes; expects those of `expected(i)`, and nothing written behind.
template <class Run, class Expected>
void check_bytes(std::int64_t count, const ByteIsa& isa, ByteTarget target, const Run& run, const Expected& expected) {
  CAPTURE(cpu::name_of(isa.isa));
  CAPTURE(count);
  Bytes y(static_cast<std::size_t>(count) + guard, 77);
  target.y = y.data();
  target.permute = isa.permute;
  run(target);
  int wrong = 0;
  for (std::size_t i = 0; i < y.size(); ++i)
    if (y[i] != (i < y.size() - guard ? expected(i) : 77)) ++wrong;
  CHECK(wrong == 0);
}

constexpr std::int64_t counts[] = {1, 15, 16, 33, 64, 65, 200};

}  // namespace

TEST_CASE("int8 sums are rounded once") {
  const Bytes a = random_bytes(200, 1), b = random_bytes(200, 2), table = random_bytes(256, 3);
  for (const ByteIsa& isa : byte_ways()) {
    for (const std::int64_t count : counts) {
      for (const std::int32_t zero_point : {0, 3, 128, 255}) {
        ByteTarget target;
        target.zero_point = zero_point;
        target.low = zero_point / 2;
        if (zero_point == 3) target.table = table.data();
        check_bytes(
            count, isa, target,
            [&](const ByteTarget& to) {
              byte_elements(isa).sum({a.data(), b.data(), 0.5F, 0.25F, -40, count, to});
            },
            [&](std::size_t i) {
              return rounded(0.5F * static_cast<float>(a[i]) + 0.25F * static_cast<float>(b[i]) - 40, target);
            });
      }
    }
  }
}

TEST_CASE("int8 tables") {
  const Bytes x = random_bytes(200, 1), table = random_bytes(256, 3);
  ByteTarget target;
  target.table = table.data();
  for (const ByteIsa& isa : byte_ways())
    for (const std::int64_t count : counts)
      check_bytes(
          count, isa, target,
          [&](const ByteTarget& to) {
            byte_elements(isa).look_up({x.data(), count, to});
          },
          [&](std::size_t i) { return table[x[i]]; });
}

TEST_CASE("int8 gates of channels") {
  for (const ByteIsa& isa : byte_ways()) {
    for (const std::int64_t channels : {1, 3, 8, 17, 24, 144}) {
      const Bytes x = random_bytes(5 * channels, 1);
      std::vector<float> factor;
      for (std::int64_t c = 0; c < channels; ++c) factor.push_back(0.03F * static_cast<float>(c % 11));
      ByteTarget target;
      target.zero_point = 128;
      check_bytes(
          5 * channels, isa, target,
          [&](const ByteTarget& to) {
            byte_elements(isa).gate({x.data(), factor.data(), 90, 5, channels, to});
          },
          [&](std::size_t i) { return rounded(static_cast<float>(x[i] - 90) * factor[i % factor.size()], target); });
    }
  }
}
