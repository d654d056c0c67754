// Independent pieces of work on several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <system_error>
#include <thread>
#include <vector>

#include "banoff/fold.hpp"
#include "runtime/core/cpu_count.hpp"

namespace banoff::gauge {

[[nodiscard]] inline std::size_t threads_of(const FoldOptions& options) {
  return static_cast<std::size_t>(options.threads > 0 ? options.threads : cpu_count());
}

/// Calls f(0) … f(count - 1), each once, in no order, on up to `threads` threads of which the caller's is one. What f
/// throws ends the program. The pieces are handed out one by one, so that they may differ in size.
template <class F>
void for_each_parallel(std::size_t count, std::size_t threads, F&& f) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&]() noexcept {
    for (std::size_t i = next++; i < count; i = next++) f(i);
  };
  std::vector<std::jthread> helpers;
  try {
    for (std::size_t i = 1; i < std::min(threads, count); ++i) helpers.emplace_back(work);
  } catch (const std::system_error&) {
    // No more threads to be had: those there are do the work.
  }
  work();
}

}  // namespace banoff::gauge
