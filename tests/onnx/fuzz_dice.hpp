// Choices of a fuzzer: the same for the same seed, everywhere.
#pragma once

#include <array>
#include <limits>
#include <span>
#include <string>

#include "runtime/load/random.hpp"

namespace banoff::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed, "onnx") {}

  /// From 0 to n - 1.
  [[nodiscard]] std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.next() % n); }
  [[nodiscard]] int index_of(int size) { return static_cast<int>(below(static_cast<std::size_t>(size))); }
  /// Once in n times.
  [[nodiscard]] bool once_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  [[nodiscard]] const T& one_of(std::span<const T> all) {
    return all[below(all.size())];
  }
  template <class List>
  [[nodiscard]] const auto& one_of(const List& all) {
    return all[below(std::size(all))];
  }

  /// What breaks arithmetic on sizes.
  [[nodiscard]] std::int64_t odd_integer() {
    using Limits = std::numeric_limits<std::int64_t>;
    if (once_in(3)) return once_in(2) ? Limits::max() : Limits::min();
    if (once_in(2)) return std::int64_t{1} << (28 + below(6));
    constexpr std::array<std::int64_t, 12> values{0,
                                                  -1,
                                                  -2,
                                                  7,
                                                  255,
                                                  65536,
                                                  (std::int64_t{1} << 31) - 1,
                                                  std::int64_t{1} << 31,
                                                  std::int64_t{1} << 33,
                                                  1'000'000'000'000,
                                                  std::int64_t{1} << 62,
                                                  Limits::min() + 1};
    return one_of(values);
  }
  /// Mostly what a network may say.
  [[nodiscard]] std::int64_t integer() { return once_in(4) ? odd_integer() : static_cast<std::int64_t>(below(6)) - 1; }
  [[nodiscard]] float odd_number() {
    using Limits = std::numeric_limits<float>;
    constexpr std::array values{0.0F,
                                -0.0F,
                                -1.0F,
                                1e-30F,
                                1e30F,
                                0x1p31F,
                                0x1p63F,
                                -0x1p63F,
                                Limits::infinity(),
                                -Limits::infinity(),
                                Limits::quiet_NaN(),
                                Limits::max(),
                                Limits::denorm_min()};
    return one_of(values);
  }
  [[nodiscard]] float number() {
    return once_in(6) ? odd_number() : static_cast<float>(static_cast<double>(below(9)) / 2 - 1);
  }

 private:
  Random random_;
};

}  // namespace banoff::test
