// Images whose channels lie one after the other, brought to channels-last.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

/// x[image][plane][pixel] to y[image][pixel][lane]: a lane for every plane, and lanes of zeros behind them.
/// Neighbouring threads read neighbouring pixels, every element once and 4 bytes at a time: of memory of the host that
/// is what a GPU reads fastest.
struct Interleave {
  static constexpr int most_lanes = 8;

  DType type = DType::f32;
  int images = 1, planes = 1, lanes = 1, pixels = 1;
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD int items() const {
    return images * (pixels / together<T>());
  }
  template <class T>
  BANOFF_HD void operator()(int item) const {
    constexpr int pair = static_cast<int>(4 / sizeof(T));
    if (together<T>() == pair) walk<T, pair>(item);
    else walk<T, 1>(item);
  }

 private:
  template <class T>
  BANOFF_HD int together() const {
    constexpr int pair = static_cast<int>(4 / sizeof(T));
    return pixels % pair == 0 ? pair : 1;
  }
  template <class T, int V>
  BANOFF_HD void walk(int item) const {
    const int each = pixels / V;
    const int image = item / each, pixel = item % each * V;
    const auto* from = static_cast<const T*>(x) + image * planes * pixels + pixel;
    auto* to = static_cast<T*>(y) + (image * pixels + pixel) * lanes;
    float values[most_lanes][V] = {};
    for (int c = 0; c < most_lanes; ++c)
      if (c < planes) load(from, c * pixels, values[c]);
    for (int v = 0; v < V; ++v) {
      if (lanes == wide<T>) {
        float packed[wide<T>];
        for (int c = 0; c < wide<T>; ++c) packed[c] = values[c][v];
        store(to, v * lanes, packed);
      } else {
        for (int c = 0; c < most_lanes; ++c)
          if (c < lanes) store(to, v * lanes + c, values[c][v]);
      }
    }
  }
};

}  // namespace banoff::gpu
