#include "bench/profile/ceilings.hpp"

#include <algorithm>

#include "banoff/machine.hpp"
#include "bench/profile/loops.hpp"

namespace banoff::bench {

namespace {

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
  constexpr std::size_t parts = 16, count = std::size_t{1} << 20;
  constexpr int repeats = 20;
  const Arrays arrays(parts, count, threads);
  double best = 0;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    // By the time a part's turn comes again, all of the others have gone through the caches.
    for (std::size_t part = 0; part < arrays.parts(); ++part) best = std::max(best, arrays.triad(part, threads));
  }
  return best * 3 * sizeof(float) / 1e9;
}

}  // namespace

Ceilings measure_ceilings(int threads, int vector_bits) {
  // Threads without a processor of their own take turns, each as fast as if it were alone: they add nothing.
  const int at_once = std::min(threads, usable_processors());
  return {threads, vector_bits, measure_gflops(at_once, vector_bits), measure_bandwidth(at_once)};
}

Ceilings best_of(const Ceilings& a, const Ceilings& b) {
  return {a.threads, a.vector_bits, std::max(a.gflops, b.gflops), std::max(a.gb_per_s, b.gb_per_s)};
}

}  // namespace banoff::bench
