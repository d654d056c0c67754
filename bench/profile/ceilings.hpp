// What a machine can do at best, measured: what a kernel's speed is compared with.
#pragma once

namespace banoff::bench {

/// Rates of all threads together; 0 where they are not known.
struct Ceilings {
  int threads = 0;      ///< of which no more count than the process may use processors
  int vector_bits = 0;  ///< of the vectors that the multiply-adds were of
  double gflops = 0;    ///< float32 multiply-adds in registers, each counted as two
  double gb_per_s = 0;  ///< read and written by a[i] = b[i] + s c[i] over arrays of 64 MiB
};

/// Measures for some tenths of a second, and takes the best of several rounds. Of other vectors than those of 256
/// and 512 bits the arithmetic is not known.
[[nodiscard]] Ceilings measure_ceilings(int threads, int vector_bits);

/// The better of two measurements: whatever else runs on a machine makes it slower, never faster.
[[nodiscard]] Ceilings best_of(const Ceilings& a, const Ceilings& b);

}  // namespace banoff::bench
