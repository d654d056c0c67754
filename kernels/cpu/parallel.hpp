// One parallel loop for all own kernels, on the OpenMP threads oneDNN uses too.
#pragma once

#include <cstdint>

namespace banoff::cpu {

/// Below this many elements a second thread costs more (1-3 us to start) than it saves.
inline constexpr std::int64_t parallel_elements = 16 * 1024;

/// Calls f(i) for i in [0, count), on several threads when there are enough elements in total.
template <class F>
void parallel_for(std::int64_t count, std::int64_t elements_each, const F& f) {
  const bool worth_it = count > 1 && count * elements_each >= parallel_elements;
#pragma omp parallel for schedule(static) if (worth_it)
  for (std::int64_t i = 0; i < count; ++i) f(i);
}

/// Calls f(begin, count) for all of [0, count), in pieces that one thread takes at a time.
template <class F>
void in_chunks(std::int64_t count, const F& f) {
  constexpr std::int64_t chunk = parallel_elements;
  parallel_for((count + chunk - 1) / chunk, chunk, [&](std::int64_t i) {
    const std::int64_t begin = i * chunk;
    f(begin, count - begin < chunk ? count - begin : chunk);
  });
}

}  // namespace banoff::cpu
