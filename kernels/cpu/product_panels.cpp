#include "kernels/cpu/product_panels.hpp"

#include <algorithm>

#include "kernels/cpu/parallel.hpp"

namespace banoff::cpu {

void pack_panels(std::span<const float> values, std::int64_t in, std::int64_t out, float* to) {
  constexpr std::int64_t panel_width = simd::product_panel;
  constexpr std::int64_t together = 16;  // inputs: a cache line of each output, and a page of the panel
  parallel_for(product_panels(out), in * panel_width, [&](std::int64_t panel) {
    float* own = to + panel * panel_width * in;
    const std::int64_t width = std::min(panel_width, out - panel * panel_width);
    for (std::int64_t first = 0; first < in; first += together) {
      const std::int64_t end = std::min(in, first + together);
      for (std::int64_t o = 0; o < width; ++o) {
        const float* from = values.data() + (panel * panel_width + o) * in;
        for (std::int64_t k = first; k < end; ++k) own[k * panel_width + o] = from[k];
      }
    }
  });
}

}  // namespace banoff::cpu
