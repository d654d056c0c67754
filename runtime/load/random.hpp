// Random numbers that are the same with every standard library: only integer arithmetic and exact scaling.
#pragma once

#include <cstdint>
#include <string_view>

namespace banoff {

/// SplitMix64 (Steele, Lea and Flood 2014). A stream is told by a seed and a name, so that no parameter's values depend
/// on the order in which parameters are filled.
class Random {
 public:
  Random(std::uint64_t seed, std::string_view stream) : state_(seed) {
    std::uint64_t hash = 0xcbf29ce484222325U;  // FNV-1a
    for (const char c : stream) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    state_ = next() ^ hash;
  }

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }

  /// Uniform in [0, 1).
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  double between(double low, double high) { return low + (high - low) * uniform(); }
  /// Mean 0, deviation 1, nearly normal: the sum of 12 uniform numbers needs no function whose rounding varies.
  double normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += uniform();
    return sum;
  }

 private:
  std::uint64_t state_;
};

}  // namespace banoff
