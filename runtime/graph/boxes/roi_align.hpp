// RoIAlign of one box, for every device that runs on the CPU.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "runtime/graph/graph.hpp"

namespace banoff::boxes {

/// A sampling point along one axis: the two pixels it lies between and their weights.
template <class T>
struct Tap {
  std::int64_t low = 0, high = 0;
  T low_weight = 0, high_weight = 0;
};

template <class T>
using Taps = std::array<Tap<T>, static_cast<std::size_t>(RoiAlign::most_points)>;

/// Points of `bins` equal parts of [start, start + extent), `sampling` in each, on an axis of `size` pixels. A point
/// more than a pixel outside, or none at all (NaN), weighs nothing.
template <class T>
void place_taps(T start, T extent, std::int64_t bins, std::int64_t sampling, std::int64_t size, Taps<T>& taps) {
  const T bin = extent / static_cast<T>(bins);
  for (std::int64_t i = 0; i < bins * sampling; ++i) {
    const T within = (static_cast<T>(i % sampling) + T(0.5)) * bin / static_cast<T>(sampling);
    T at = start + static_cast<T>(i / sampling) * bin + within;
    Tap<T>& tap = taps[static_cast<std::size_t>(i)];
    tap = {};
    if (!(at >= T{-1} && at <= static_cast<T>(size))) continue;
    at = std::max(at, T{0});
    tap.low = std::min(static_cast<std::int64_t>(at), size - 1);
    tap.high = std::min(tap.low + 1, size - 1);
    tap.high_weight = tap.low == tap.high ? T{0} : at - static_cast<T>(tap.low);
    tap.low_weight = T{1} - tap.high_weight;
  }
}

template <class T>
class RoiAligner {
 public:
  struct Map {
    std::int64_t height, width;
    std::int64_t level;  ///< log2 of the stride
  };

  /// `inputs`: the boxes, then the maps.
  RoiAligner(const RoiAlign& op, std::span<const TensorType> inputs)
      : op_(op), channels_(inputs[1].shape[1]), box_stride_(inputs[0].shape[1]) {
    for (std::size_t i = 1; i < inputs.size(); ++i) {
      maps_.push_back(
          {inputs[i].shape[2], inputs[i].shape[3], std::countr_zero(static_cast<std::uint64_t>(op.strides[i - 1]))});
    }
  }

  [[nodiscard]] std::int64_t box_stride() const { return box_stride_; }
  [[nodiscard]] std::int64_t row_elements() const { return channels_ * op_.size.at(0) * op_.size.at(1); }

  /// Which map a box is read from; one without an area from the finest.
  [[nodiscard]] std::size_t map_of(const T* box) const {
    const T side = std::sqrt((box[2] - box[0]) * (box[3] - box[1]));
    // The small number keeps a box of exactly a level's size on it.
    const T wanted = std::floor(static_cast<T>(op_.canonical_level) +
                                std::log2(side / static_cast<T>(op_.canonical_size)) + T(1e-6));
    std::size_t found = 0;
    for (std::size_t i = 1; i < maps_.size(); ++i) {
      if (maps_[i].level > maps_[i - 1].level && wanted >= static_cast<T>(maps_[i].level)) found = i;
    }
    return found;
  }

  /// One box's row of the result; `values` are the map's that map_of names.
  void operator()(const T* box, std::size_t from, const T* values, T* out) const {
    const Map& map = maps_[from];
    const T scale = T{1} / static_cast<T>(op_.strides[from]);
    const T shift = op_.aligned ? T(0.5) : T{0};
    const T least = op_.aligned ? -std::numeric_limits<T>::infinity() : T{1};
    const T x = box[0] * scale - shift;
    const T y = box[1] * scale - shift;
    Taps<T> across;
    Taps<T> down;
    place_taps(x, std::max(box[2] * scale - shift - x, least), op_.size.at(1), op_.sampling, map.width, across);
    place_taps(y, std::max(box[3] * scale - shift - y, least), op_.size.at(0), op_.sampling, map.height, down);
    const T points = static_cast<T>(op_.sampling * op_.sampling);
    for (std::int64_t c = 0; c < channels_; ++c, values += map.height * map.width) {
      for (std::int64_t i = 0; i < op_.size.at(0); ++i) {
        for (std::int64_t j = 0; j < op_.size.at(1); ++j) {
          *out++ = sum_of_bin(values, map.width, part(down, i), part(across, j)) / points;
        }
      }
    }
  }

 private:
  using Part = std::span<const Tap<T>>;

  [[nodiscard]] Part part(const Taps<T>& taps, std::int64_t bin) const {
    return Part(taps).subspan(static_cast<std::size_t>(bin * op_.sampling), static_cast<std::size_t>(op_.sampling));
  }

  static T sum_of_bin(const T* values, std::int64_t width, Part down, Part across) {
    T sum = 0;
    for (const Tap<T>& v : down) {
      const T* const low = values + v.low * width;
      const T* const high = values + v.high * width;
      for (const Tap<T>& h : across) {
        sum += v.low_weight * h.low_weight * low[h.low] + v.low_weight * h.high_weight * low[h.high] +
               v.high_weight * h.low_weight * high[h.low] + v.high_weight * h.high_weight * high[h.high];
      }
    }
    return sum;
  }

  RoiAlign op_;
  std::int64_t channels_, box_stride_;
  std::vector<Map> maps_;
};

/// The channel that a row's last entry names, or none.
template <class T>
[[nodiscard]] std::int64_t picked_channel(T entry, std::int64_t channels) {
  return entry >= T{0} && entry < static_cast<T>(channels) ? static_cast<std::int64_t>(entry) : -1;
}

}  // namespace banoff::boxes
