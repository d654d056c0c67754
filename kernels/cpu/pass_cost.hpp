// What passes over memory, values per channel and exponentials cost on a CPU, as measured (bench/README.md, "Forms of
// an activation"): what the kernels' estimates are made of.
#pragma once

namespace banoff::cpu {

/// GB/s of a pass that moves this many bytes in total: like DRAM once they do not fit the caches.
[[nodiscard]] constexpr double pass_rate(double bytes, int threads) {
  return bytes < 4e6 ? 75.0 * threads : bytes < 24e6 ? 45.0 * threads : 22.0;
}

/// ns per element, of one thread, that values per channel take in the epilogue of a layer's kernel: address arithmetic
/// for every vector, not the operation itself. A wider vector halves it and more.
[[nodiscard]] constexpr double epilogue_ns(bool avx512, bool channels_last) {
  return avx512 ? (channels_last ? 0.1 : 0.2) : (channels_last ? 0.27 : 0.5);
}

/// ns per element, of one thread, that a layer's kernel waits for what it adds to its result, `bytes` of floats: none
/// while they are in the caches. Asked for ahead of time most of them come while the sums are made; with wide vectors
/// those are done sooner.
[[nodiscard]] constexpr double waiting_ns(double bytes, bool avx512, bool fetched_ahead) {
  if (bytes < 6e6) return 0;
  return fetched_ahead ? (avx512 ? 0.5 : 0.13) : (avx512 ? 1.35 : 0.55);
}

/// ns per element, of one thread, of an activation that needs an exponential, in the library's kernels and in passes.
inline constexpr double exponential_ns = 0.6;

}  // namespace banoff::cpu
