// What own convolutions on panels of output channels share: the panels, their weights, and what of a window lies inside
// the picture.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/cpu/packed.hpp"
#include "kernels/layout.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

/// Vectors of the output's channels that are computed together.
struct Panel {
  std::int64_t first, vectors;
};
/// As many as possible of the widest, but no single vector beside one of those: two of two are better.
[[nodiscard]] std::vector<Panel> panels_of(std::int64_t vectors);

/// Weights as the kernel reads them: [panel][block][tap][lane of the block][vector][lane].
struct PanelWeights {
  const Blocks& in;
  std::int64_t out, taps, lanes;  ///< `taps` of one input channel

  [[nodiscard]] std::int64_t floats() const { return round_up(out, lanes) * in.padded_channels() * taps; }

  /// Fills `to` with what `weight(out, in, tap)` returns; it is zero.
  template <class F>
  void pack(const std::vector<Panel>& panels, float* to, const F& weight) const {
    for (const Panel& panel : panels) {
      const std::int64_t wide = panel.vectors * lanes;
      const std::int64_t first = panel.first * lanes;
      float* const at = to + first * in.padded_channels() * taps;
      for (std::int64_t o = 0; o < wide && first + o < out; ++o) {
        for (std::int64_t c = 0; c < in.channels; ++c) {
          for (std::int64_t tap = 0; tap < taps; ++tap)
            at[((c / in.lanes * taps + tap) * in.lanes + c % in.lanes) * wide + o] = weight(first + o, c, tap);
        }
      }
    }
  }
};

/// Taps of a window.
struct Inside {
  std::int64_t first, end;
};
[[nodiscard]] Inside inside(const Window& w, std::int64_t output);

/// Calls f(first, end, columns) for stretches of the pixels [first, end) of a line, whose windows all have the columns
/// `columns` inside: those whose windows stick out go one by one, those between them together.
template <class F>
void for_stretches(const Window& w, std::int64_t first, std::int64_t end, const F& f) {
  const std::int64_t last_start = w.input - w.kernel + w.pad_begin;  // of a window that does not stick out
  const std::int64_t whole = std::clamp(divide_up(std::max<std::int64_t>(w.pad_begin, 0), w.stride), first, end);
  const std::int64_t whole_end = std::clamp(last_start < 0 ? 0 : last_start / w.stride + 1, whole, end);
  for (std::int64_t pixel = first; pixel < whole; ++pixel) f(pixel, pixel + 1, inside(w, pixel));
  if (whole < whole_end) f(whole, whole_end, Inside{0, w.kernel});
  for (std::int64_t pixel = whole_end; pixel < end; ++pixel) f(pixel, pixel + 1, inside(w, pixel));
}

}  // namespace banoff::cpu
