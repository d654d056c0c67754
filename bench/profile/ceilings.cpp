#include "bench/profile/ceilings.hpp"

#include <algorithm>
#include <chrono>

#include "bench/profile/loops.hpp"

namespace banoff::bench {

namespace {

using Clock = std::chrono::steady_clock;

double nanoseconds(Clock::time_point start) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
}

double measure_gflops(int threads, int vector_bits) {
  constexpr std::int64_t rounds = 200'000;  // less than a millisecond, that a busy machine may leave to us
  constexpr int repeats = 100;
  const FmaLoop loop = fma_loop(vector_bits);
  if (loop == nullptr) return 0;
  double best = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) best = std::max(best, rounds_per_second(threads, loop, rounds));
  const double operations = 2.0 * (vector_bits / 32) * fma_chains;
  return best * operations / 1e9;
}

double measure_bandwidth(int threads) {
  constexpr std::size_t count = std::size_t{16} << 20;
  constexpr double bytes = 3.0 * count * sizeof(float);
  constexpr int repeats = 20;
  const Arrays arrays(count, threads);
  double best = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const auto start = Clock::now();
    arrays.triad(threads);
    best = std::max(best, bytes / nanoseconds(start));
  }
  return best;
}

}  // namespace

Ceilings measure_ceilings(int threads, int vector_bits) {
  return {threads, vector_bits, measure_gflops(threads, vector_bits), measure_bandwidth(threads)};
}

Ceilings best_of(const Ceilings& a, const Ceilings& b) {
  return {a.threads, a.vector_bits, std::max(a.gflops, b.gflops), std::max(a.gb_per_s, b.gb_per_s)};
}

}  // namespace banoff::bench
