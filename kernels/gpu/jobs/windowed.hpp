// Ops that read a window of pixels: pooling, linear resizing, and convolutions that are not worth a library's while.
//
// A value's memory is [outer][depth][height][width][lanes]: channels-last has all channels as lanes, plain has one lane
// and every channel as an outer plane.
#pragma once

#include "kernels/gpu/chain.hpp"

namespace banoff::gpu {

struct Pixels {
  int outer = 1, lanes = 1;
  int in[3] = {1, 1, 1}, out[3] = {1, 1, 1};  ///< spatial sizes, the missing ones 1
};

/// A pixel of the result: its plane, position and first lane.
struct Pixel {
  int outer, at[3], lane;
};
BANOFF_HD inline Pixel pixel_of(const Pixels& pixels, int i, int lanes) {
  Pixel p{};
  p.lane = i % lanes;
  i /= lanes;
  for (int d = 2; d >= 0; --d) {
    p.at[d] = i % pixels.out[d];
    i /= pixels.out[d];
  }
  p.outer = i;
  return p;
}

struct PoolAxis {
  int kernel = 1, stride = 1, dilation = 1, pad_begin = 0, pad_end = 0;
};

struct PoolWindows {
  DType type = DType::f32;
  Pixels pixels;
  bool packed = false;  ///< lanes are a multiple of the elements of a pack
  bool max = false, adaptive = false, count_padding = false;
  PoolAxis axis[3];
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD int items() const {
    return pixels.outer * pixels.out[0] * pixels.out[1] * pixels.out[2] * (pixels.lanes / (packed ? wide<T> : 1));
  }
  template <class T>
  BANOFF_HD void operator()(int item) const {
    if (packed) pool<T, wide<T>>(item);
    else pool<T, 1>(item);
  }

 private:
  struct Taps {
    int first, last, step, counted;  ///< positions read, and how many count for the average
  };
  BANOFF_HD Taps taps(int d, int o) const {
    const int size = pixels.in[d];
    if (adaptive) {
      const auto wide_size = static_cast<std::int64_t>(size);
      const auto first = static_cast<int>(o * wide_size / pixels.out[d]);
      const auto last = static_cast<int>(((o + 1) * wide_size + pixels.out[d] - 1) / pixels.out[d]);
      return {first, last, 1, last - first};
    }
    const PoolAxis& a = axis[d];
    const int start = o * a.stride - a.pad_begin;
    const int first = start < 0 ? start + (-start + a.dilation - 1) / a.dilation * a.dilation : start;
    const int last = least(start + (a.kernel - 1) * a.dilation + 1, size);
    const int inside = last > first ? (last - first - 1) / a.dilation + 1 : 0;
    // A window that sticks out beyond the padding (ceil_mode) does not count what lies there.
    const int padded = least(a.kernel, (size + a.pad_end - 1 - start) / a.dilation + 1);
    return {first, last, a.dilation, count_padding ? padded : inside};
  }
  template <class T, int V>
  BANOFF_HD void pool(int item) const {
    const Pixel p = pixel_of(pixels, item, pixels.lanes / V);
    const Taps z = taps(0, p.at[0]), r = taps(1, p.at[1]), c = taps(2, p.at[2]);
    const auto* from = static_cast<const T*>(x);
    float result[V];
    for (int v = 0; v < V; ++v) result[v] = max ? -INFINITY : 0.0F;
    for (int i = z.first; i < z.last; i += z.step) {
      for (int j = r.first; j < r.last; j += r.step) {
        for (int k = c.first; k < c.last; k += c.step) {
          const int at = ((p.outer * pixels.in[0] + i) * pixels.in[1] + j) * pixels.in[2] + k;
          float values[V];
          load(from, at * pixels.lanes + p.lane * V, values);
          for (int v = 0; v < V; ++v) result[v] = max ? larger(result[v], values[v]) : result[v] + values[v];
        }
      }
    }
    const int counted = z.counted * r.counted * c.counted;
    for (int v = 0; v < V && !max; ++v) result[v] = counted == 0 ? 0.0F : result[v] / static_cast<float>(counted);
    store(static_cast<T*>(y), item * V, result);
  }
};

/// Linear interpolation: along each axis, output position o lies between in[low[o]] and in[high[o]] at t[o].
struct ResizeLinear {
  DType type = DType::f32;
  Pixels pixels;
  const int *low[3] = {}, *high[3] = {};
  const float* t[3] = {};
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD int items() const {
    return pixels.outer * pixels.out[0] * pixels.out[1] * pixels.out[2] * pixels.lanes;
  }
  template <class T>
  BANOFF_HD void operator()(int item) const {
    const Pixel p = pixel_of(pixels, item, pixels.lanes);
    const auto* from = static_cast<const T*>(x);
    float sum = 0;
    for (int corner = 0; corner < 8; ++corner) {
      float weight = 1;
      int at = p.outer;
      for (int d = 0; d < 3; ++d) {
        const bool up = ((corner >> (2 - d)) & 1) != 0;
        const float share = t[d][p.at[d]];
        weight *= up ? share : 1 - share;
        at = at * pixels.in[d] + (up ? high : low)[d][p.at[d]];
      }
      if (weight != 0) sum += weight * load(from, at * pixels.lanes + p.lane);
    }
    store(static_cast<T*>(y), item, sum);
  }
};

struct ConvAxis {
  int kernel = 1, stride = 1, dilation = 1, pad = 0;
};

/// A convolution, or a transposed one, in channels-last: one thread for each element of the result, or for a pack of
/// channels of a depthwise one.
struct DirectConv {
  static constexpr int threads = 128, resident = 8;

  DType type = DType::f32;
  Pixels pixels;  ///< lanes are the result's channels, outer the images
  bool transposed = false;
  bool packed = false;  ///< one input channel per output channel, and a multiple of the elements of a pack
  int in_channels = 1, in_per_group = 1, out_per_group = 1;
  ConvAxis axis[3];
  const void* weights = nullptr;   ///< [tap][input channel of the group][output channel]
  const float* padding = nullptr;  ///< what is read outside, by input channel; null: zero
  const void* x = nullptr;
  void* y = nullptr;
  Chain chain;  ///< the bias first

  template <class T>
  BANOFF_HD int items() const {
    return pixels.outer * pixels.out[0] * pixels.out[1] * pixels.out[2] * (pixels.lanes / (packed ? wide<T> : 1));
  }
  template <class T>
  BANOFF_HD void operator()(int item) const {
    if (packed) convolve<T, wide<T>>(item);
    else convolve<T, 1>(item);
  }

 private:
  static constexpr int outside = -1, nowhere = -2;

  /// The input position that tap k reads for output o.
  BANOFF_HD int source(int d, int o, int k) const {
    const ConvAxis& a = axis[d];
    if (!transposed) {
      const int at = o * a.stride - a.pad + k * a.dilation;
      return at >= 0 && at < pixels.in[d] ? at : outside;
    }
    const int at = o + a.pad - k * a.dilation;
    return at >= 0 && at % a.stride == 0 && at / a.stride < pixels.in[d] ? at / a.stride : nowhere;
  }
  template <class T, int V>
  BANOFF_HD void convolve(int item) const {
    const Pixel p = pixel_of(pixels, item, pixels.lanes / V);
    const int out = p.lane * V;
    const int group_start = out / out_per_group * in_per_group;
    float sum[V] = {};
    int tap = 0;
    for (int i = 0; i < axis[0].kernel; ++i) {
      const int z = source(0, p.at[0], i);
      for (int j = 0; j < axis[1].kernel; ++j) {
        const int r = source(1, p.at[1], j);
        for (int k = 0; k < axis[2].kernel; ++k, ++tap) {
          const int c = source(2, p.at[2], k);
          if (z >= 0 && r >= 0 && c >= 0) {
            const int at = ((p.outer * pixels.in[0] + z) * pixels.in[1] + r) * pixels.in[2] + c;
            add_inside<T>(at * in_channels + group_start, tap, out, sum);
          } else if (padding != nullptr) {
            add_padding<T>(group_start, tap, out, sum);
          }
        }
      }
    }
    const int at = item * V;
    apply<T>(chain, at, sum);
    store(static_cast<T*>(y), at, sum);
  }
  template <class T, int V>
  BANOFF_HD void add_inside(int at, int tap, int out, float (&sum)[V]) const {
    const auto* from = static_cast<const T*>(x);
    const auto* w = static_cast<const T*>(weights);
    float weight[V];
    if constexpr (V > 1) {  // depthwise: lane by lane
      float values[V];
      load(from, at, values);
      load(w, tap * pixels.lanes + out, weight);
      for (int v = 0; v < V; ++v) sum[v] += values[v] * weight[v];
    } else {
      for (int c = 0; c < in_per_group; ++c) {
        load(w, (tap * in_per_group + c) * pixels.lanes + out, weight);
        sum[0] += load(from, at + c) * weight[0];
      }
    }
  }
  template <class T, int V>
  BANOFF_HD void add_padding(int group_start, int tap, int out, float (&sum)[V]) const {
    const auto* w = static_cast<const T*>(weights);
    for (int c = 0; c < in_per_group; ++c) {
      float weight[V];
      load(w, (tap * in_per_group + c) * pixels.lanes + out, weight);
      for (int v = 0; v < V; ++v) sum[v] += padding[group_start + c + v] * weight[v];
    }
  }
};

}  // namespace banoff::gpu
