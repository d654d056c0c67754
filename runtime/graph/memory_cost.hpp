// What values per channel cost on a CPU, as measured (bench/README.md, "Forms of an activation"). Asked twice: by the
// folder, which weighs clamps before there is a device, and by the kernels' estimates, by which the planner decides
// where the values are computed.
#pragma once

#include <algorithm>

namespace banoff {

/// Bytes that a pass over float32 values moves: read once, written once.
[[nodiscard]] constexpr double pass_bytes(double elements) { return 8.0 * elements; }

/// GB/s of a pass that moves this many bytes in total: like DRAM once they do not fit the caches.
[[nodiscard]] constexpr double pass_rate(double bytes, int threads) {
  return bytes < 4e6 ? 75.0 * threads : bytes < 24e6 ? 45.0 * threads : 22.0;
}

/// ns per element, of one thread, that values per channel take in the epilogue of a layer's kernel: address arithmetic
/// for every vector, not the operation itself. A wider vector halves it and more.
[[nodiscard]] constexpr double epilogue_ns(bool avx512, bool channels_last) {
  return avx512 ? (channels_last ? 0.1 : 0.2) : (channels_last ? 0.27 : 0.5);
}

/// What values per channel behind a layer take, in passes over its output: they go into the epilogue or into a pass of
/// their own, as the planner finds cheaper. Asked where neither layout nor processor is known: by the dearest epilogue.
[[nodiscard]] constexpr double per_channel_passes(double elements) {
  const double bytes = pass_bytes(elements);
  return std::min(1.0, epilogue_ns(false, false) * elements * pass_rate(bytes, 1) / bytes);
}

}  // namespace banoff
