// Boxes: decoding, RoIAlign, the choice of a mask. Of bounded values the rows that count are computed, the rest is
// zero.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

/// The rows of a value: a fixed number, or one that lies in memory.
struct Rows {
  int fixed = 0;
  const std::int64_t* counted = nullptr;
  BANOFF_HD int get() const { return counted == nullptr ? fixed : static_cast<int>(*counted); }
};

/// Boxes from anchors and deltas: runtime/graph/boxes/decode.hpp for one box.
struct DecodeRows : PerElement {
  DType type = DType::f32;
  int per_row = 1;  ///< boxes that start from the same one
  int stride = 4;   ///< entries of a row of boxes to start from
  Rows deltas_rows, boxes_rows;
  float weights[4] = {1, 1, 1, 1};
  float max_log_scale = 0;
  bool clipped = false;
  float height = 0, width = 0;
  const void *deltas = nullptr, *boxes = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    auto* const to = static_cast<float*>(y) + i * 4;
    const int row = i / per_row;
    if (row >= least(deltas_rows.get(), boxes_rows.get())) {
      for (int k = 0; k < 4; ++k) to[k] = 0;
      return;
    }
    const auto* d = static_cast<const float*>(deltas) + i * 4;
    const auto* from = static_cast<const float*>(boxes) + row * stride;
    const float w = from[2] - from[0];
    const float h = from[3] - from[1];
    const float centre_x = d[0] / weights[0] * w + (from[0] + 0.5F * w);
    const float centre_y = d[1] / weights[1] * h + (from[1] + 0.5F * h);
    const float half_w = 0.5F * (expf(least(d[2] / weights[2], max_log_scale)) * w);
    const float half_h = 0.5F * (expf(least(d[3] / weights[3], max_log_scale)) * h);
    const float box[4] = {centre_x - half_w, centre_y - half_h, centre_x + half_w, centre_y + half_h};
    for (int k = 0; k < 4; ++k) {
      to[k] = clipped ? least(most(box[k], 0.0F), k % 2 == 0 ? width : height) : box[k];
    }
  }
};

/// RoIAlign from a pyramid: one thread for each element of the result [row][channel][height][width].
struct AlignBoxes : PerElement {
  static constexpr int most_maps = 8;

  DType type = DType::f32;
  Rows rows;
  int channels = 1, height = 1, width = 1, sampling = 2, box_stride = 4, maps = 1;
  int map_height[most_maps] = {}, map_width[most_maps] = {}, level[most_maps] = {};
  float scale[most_maps] = {};
  float canonical_size = 224, canonical_level = 4;
  bool aligned = false;
  const void* boxes = nullptr;
  const void* map[most_maps] = {};
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    const int column = i % width;
    const int line = i / width % height;
    const int channel = i / width / height % channels;
    const int row = i / width / height / channels;
    auto* const to = static_cast<float*>(y) + i;
    *to = 0;
    if (row >= rows.get()) return;
    const auto* box = static_cast<const float*>(boxes) + row * box_stride;
    const int from = map_of(box);
    const int h = map_height[from], w = map_width[from];
    const auto* values = static_cast<const float*>(map[from]) + channel * h * w;
    const float shift = aligned ? 0.5F : 0.0F;
    const float smallest = aligned ? -INFINITY : 1.0F;
    const float left = box[0] * scale[from] - shift;
    const float top = box[1] * scale[from] - shift;
    const float bin_w = most(box[2] * scale[from] - shift - left, smallest) / static_cast<float>(width);
    const float bin_h = most(box[3] * scale[from] - shift - top, smallest) / static_cast<float>(height);
    float sum = 0;
    for (int p = 0; p < sampling; ++p) {
      const Tap v = tap(top, bin_h, line, p, h);
      for (int q = 0; q < sampling; ++q) {
        const Tap u = tap(left, bin_w, column, q, w);
        sum += v.low_weight * u.low_weight * values[v.low * w + u.low] +
               v.low_weight * u.high_weight * values[v.low * w + u.high] +
               v.high_weight * u.low_weight * values[v.high * w + u.low] +
               v.high_weight * u.high_weight * values[v.high * w + u.high];
      }
    }
    *to = sum / static_cast<float>(sampling * sampling);
  }

 private:
  struct Tap {
    int low = 0, high = 0;
    float low_weight = 0, high_weight = 0;
  };
  /// Point `point` of `bin`; one more than a pixel outside, or none at all (NaN), weighs nothing.
  BANOFF_HD Tap tap(float start, float bin_size, int bin, int point, int size) const {
    const float within = (static_cast<float>(point) + 0.5F) * bin_size / static_cast<float>(sampling);
    const float at = start + static_cast<float>(bin) * bin_size + within;
    Tap result;
    if (!(at >= -1 && at <= static_cast<float>(size))) return result;
    const float inside = most(at, 0.0F);
    result.low = least(static_cast<int>(inside), size - 1);
    result.high = least(result.low + 1, size - 1);
    result.high_weight = result.low == result.high ? 0.0F : inside - static_cast<float>(result.low);
    result.low_weight = 1 - result.high_weight;
    return result;
  }
  /// Eq. 1 of Lin et al. 2017; a box without an area is read from the finest map.
  BANOFF_HD int map_of(const float* box) const {
    const float side = sqrtf((box[2] - box[0]) * (box[3] - box[1]));
    const float wanted = floorf(canonical_level + log2f(side / canonical_size) + 1e-6F);
    int found = 0;
    for (int i = 1; i < maps; ++i) {
      if (level[i] > level[i - 1] && wanted >= static_cast<float>(level[i])) found = i;
    }
    return found;
  }
};

/// Of each row of x [row][channel][inner] the channel that the last entry of the same row of `picks` names.
struct PickRows : PerElement {
  DType type = DType::f32;
  int channels = 1, inner = 1, columns = 1;
  Rows x_rows, pick_rows;
  const void *x = nullptr, *picks = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    const int row = i / inner;
    const float entry = static_cast<const float*>(picks)[row * columns + columns - 1];
    const bool known = row < least(x_rows.get(), pick_rows.get()) && entry >= 0 && entry < static_cast<float>(channels);
    const int channel = known ? static_cast<int>(entry) : 0;
    static_cast<float*>(y)[i] =
        known ? static_cast<const float*>(x)[(row * channels + channel) * inner + i % inner] : 0;
  }
};

/// Copies the number of rows of a bounded value to what is made of it.
struct CountRows {
  DType type = DType::f32;
  Rows rows;
  std::int64_t* y = nullptr;

  template <class T>
  BANOFF_HD int items() const {
    return 1;
  }
  template <class T>
  BANOFF_HD void operator()(int) const {
    *y = rows.get();
  }
};

}  // namespace banoff::gpu
