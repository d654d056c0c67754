// The loops behind ceilings.hpp. Compiled with all optimization whatever the rest is: what they measure is the
// processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace banoff::bench {

/// Independent sums that a loop of multiply-adds works on: a latency of four or five cycles times two units, rounded
/// up, and no more than there are registers.
inline constexpr int fma_chains = 12;

/// A loop of `rounds` multiply-adds on each of fma_chains vectors, in registers; null for other vectors than of 256 and
/// 512 bits. What it returns is of no use but to keep the loop.
using FmaLoop = float (*)(std::int64_t rounds);
[[nodiscard]] FmaLoop fma_loop(int vector_bits);

/// The loop on so many threads at once. Returns rounds per second, summed over the threads, each by its own time: one
/// that had to wait for its processor does not make the others slower.
[[nodiscard]] double rounds_per_second(int threads, FmaLoop loop, std::int64_t rounds);

/// Three arrays of floats, in parts that the threads share evenly. What a thread will use it was the first to write.
class Arrays {
 public:
  Arrays(std::size_t parts, std::size_t count_of_part, int threads);
  [[nodiscard]] std::size_t parts() const { return parts_; }
  /// a[i] = b[i] + s c[i] in one part. Returns elements per second, summed over the threads likewise.
  [[nodiscard]] double triad(std::size_t part, int threads) const;

 private:
  std::size_t parts_, count_of_part_;
  std::unique_ptr<float[]> a_, b_, c_;
};

}  // namespace banoff::bench
