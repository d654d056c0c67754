// Windows of 1-, 2- and 3-D ops in one form: always three spatial dimensions, the missing ones of size 1.
#pragma once

#include <algorithm>
#include <array>

#include "runtime/graph/signature.hpp"

namespace banoff::reference {

using Windows3 = std::array<Window, 3>;

[[nodiscard]] inline Windows3 three(const std::vector<Window>& windows) {
  constexpr Window one{.input = 1, .output = 1, .kernel = 1, .stride = 1, .dilation = 1, .pad_begin = 0, .pad_end = 0};
  Windows3 all{one, one, one};
  std::copy_backward(windows.begin(), windows.end(), all.end());
  return all;
}

[[nodiscard]] constexpr std::int64_t inputs_of(const Windows3& w) { return w[0].input * w[1].input * w[2].input; }
[[nodiscard]] constexpr std::int64_t outputs_of(const Windows3& w) { return w[0].output * w[1].output * w[2].output; }
[[nodiscard]] constexpr std::int64_t taps_of(const Windows3& w) { return w[0].kernel * w[1].kernel * w[2].kernel; }

struct Range {
  std::int64_t begin, end;
  [[nodiscard]] constexpr std::int64_t size() const { return end - begin; }
  [[nodiscard]] constexpr bool contains(std::int64_t i) const { return begin <= i && i < end; }
};

/// Position that tap `k` reads for output 0.
[[nodiscard]] constexpr std::int64_t first_position(const Window& w, std::int64_t k) {
  return k * w.dilation - w.pad_begin;
}

/// The outputs for which tap `k` reads inside the input and not its padding.
[[nodiscard]] constexpr Range inside(const Window& w, std::int64_t k) {
  const std::int64_t first = first_position(w, k);
  const std::int64_t end = first >= w.input ? 0 : std::min(w.output, (w.input - 1 - first) / w.stride + 1);
  const std::int64_t begin = first >= 0 ? 0 : (-first + w.stride - 1) / w.stride;
  return {std::min(begin, end), end};
}

/// Calls f({kz, ky, kx}, t) for every tap in the order of the weights.
template <class F>
void for_each_tap(const Windows3& w, F&& f) {
  std::int64_t t = 0;
  for (std::int64_t z = 0; z < w[0].kernel; ++z)
    for (std::int64_t y = 0; y < w[1].kernel; ++y)
      for (std::int64_t x = 0; x < w[2].kernel; ++x) f(std::array{z, y, x}, t++);
}

}  // namespace banoff::reference
