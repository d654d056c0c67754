// Boxes from anchors and deltas (Girshick et al. 2014, appendix C), for every device that runs on the CPU.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>

#include "runtime/graph/graph.hpp"

namespace banoff::boxes {

template <class T>
struct Decoder {
  T weights[4];
  T max_log_scale;
  std::int64_t per_row;  ///< boxes that start from the same one
  std::int64_t stride;   ///< entries of a row of boxes to start from
  bool clipped = false;
  T height = 0, width = 0;  ///< to clip to

  Decoder(const DecodeBoxes& op, std::span<const TensorType> inputs)
      : max_log_scale(static_cast<T>(op.max_log_scale)),
        per_row(inputs[0].shape[1] / 4),
        stride(inputs[1].shape[1]),
        clipped(inputs.size() > 2) {
    for (std::size_t i = 0; i < 4; ++i) weights[i] = static_cast<T>(op.weights[i]);
    if (!clipped) return;
    height = static_cast<T>(inputs[2].shape[2]);
    width = static_cast<T>(inputs[2].shape[3]);
  }

  /// The boxes of one row.
  void operator()(const T* deltas, const T* from, T* to) const {
    const T w = from[2] - from[0];
    const T h = from[3] - from[1];
    const T x = from[0] + T(0.5) * w;
    const T y = from[1] + T(0.5) * h;
    for (std::int64_t i = 0; i < per_row; ++i, deltas += 4, to += 4) {
      const T centre_x = deltas[0] / weights[0] * w + x;
      const T centre_y = deltas[1] / weights[1] * h + y;
      const T half_w = T(0.5) * (std::exp(std::min(deltas[2] / weights[2], max_log_scale)) * w);
      const T half_h = T(0.5) * (std::exp(std::min(deltas[3] / weights[3], max_log_scale)) * h);
      to[0] = centre_x - half_w;
      to[1] = centre_y - half_h;
      to[2] = centre_x + half_w;
      to[3] = centre_y + half_h;
      if (!clipped) continue;
      for (const int k : {0, 2}) {
        to[k] = std::clamp(to[k], T{0}, width);
        to[k + 1] = std::clamp(to[k + 1], T{0}, height);
      }
    }
  }
};

}  // namespace banoff::boxes
