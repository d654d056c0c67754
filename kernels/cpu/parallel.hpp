// One parallel loop for all own kernels, on the OpenMP threads oneDNN uses too.
#pragma once

#include <omp.h>

#include <cstdint>

#include "kernels/cpu/team.hpp"

namespace banoff::cpu {

/// Below this many elements a second thread costs more (1-3 us to start) than it saves.
inline constexpr std::int64_t parallel_elements = 16 * 1024;

/// Calls f(thread, threads) on every thread: those of the team that the calling one leads, else of a parallel region.
template <class F>
void on_threads(const F& f) {
  if (Team* const team = Team::led()) return team->on_all([&](int thread) { f(thread, team->threads()); });
#pragma omp parallel
  f(omp_get_thread_num(), omp_get_num_threads());
}

/// Calls f(i) for i in [0, count), on several threads when there are enough elements in total.
template <class F>
void parallel_for(std::int64_t count, std::int64_t elements_each, const F& f) {
  const auto part = [&](int thread, int threads) {
    const std::int64_t end = count * (thread + 1) / threads;
    for (std::int64_t i = count * thread / threads; i < end; ++i) f(i);
  };
  const bool worth_it = count > 1 && count * elements_each >= parallel_elements;
  if (worth_it) on_threads(part);
  else part(0, 1);
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
