#include "kernels/cpu/panels.hpp"

#include <algorithm>

#include "kernels/cpu/simd/direct.hpp"

namespace banoff::cpu {

std::vector<Panel> panels_of(std::int64_t vectors) {
  std::vector<Panel> panels;
  for (std::int64_t first = 0; first < vectors;) {
    const std::int64_t left = vectors - first;
    const std::int64_t taken = left == 4 ? 2 : std::min(left, simd::widest_direct_panel);
    panels.push_back({first, taken});
    first += taken;
  }
  return panels;
}

Inside inside(const Window& w, std::int64_t output) {
  const std::int64_t start = output * w.stride - w.pad_begin;
  const std::int64_t first = std::clamp<std::int64_t>(-start, 0, w.kernel);
  return {first, std::clamp(w.input - start, first, w.kernel)};
}

}  // namespace banoff::cpu
