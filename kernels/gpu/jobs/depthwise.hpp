// Depthwise convolutions of the usual kinds in channels-last: windows of 3 x 3 and 5 x 5, in steps of 1 and 2.
#pragma once

#include "kernels/gpu/chain.hpp"
#include "kernels/gpu/jobs/divisor.hpp"

namespace banoff::gpu {

/// What may follow in the same pass: y = f(sum + bias), by channel.
struct DepthwiseTail {
  enum class Kind : std::uint8_t { none, clip, silu, hard_swish, bounds };

  Kind kind = Kind::none;
  float low = 0, high = 0;  ///< of clip
  const float* bias = nullptr;
  const float *lower = nullptr, *upper = nullptr;  ///< of bounds; one of them may be null

  template <class T, int V>
  BANOFF_HD void apply(int channel, float (&x)[V]) const {
    float by[V];
    if (bias != nullptr) {
      load(bias, channel, by);
      for (int v = 0; v < V; ++v) x[v] += by[v];
    }
    switch (kind) {
      case Kind::none: return;
      case Kind::clip:
        for (int v = 0; v < V; ++v) x[v] = least(most(x[v], low), high);
        return;
      case Kind::silu:
        for (int v = 0; v < V; ++v) x[v] = silu<T>(x[v]);
        return;
      case Kind::hard_swish:
        for (int v = 0; v < V; ++v) x[v] = activated(ActivationKind::hard_swish, x[v], 0, 0);
        return;
      case Kind::bounds: break;
    }
    // A NaN becomes a bound, as in chain.hpp.
    if (lower != nullptr) {
      load(lower, channel, by);
      for (int v = 0; v < V; ++v) x[v] = x[v] > by[v] ? x[v] : by[v];
    }
    if (upper != nullptr) {
      load(upper, channel, by);
      for (int v = 0; v < V; ++v) x[v] = x[v] < by[v] ? x[v] : by[v];
    }
  }

 private:
  /// What 16 bits hold of it, an approximate exponential and quotient give as well.
  template <class T>
  BANOFF_HD static float silu(float x) {
#if defined(__CUDA_ARCH__)
    if constexpr (sizeof(T) == 2) return __fdividef(x, 1 + __expf(-x));
#endif
    return activated(ActivationKind::silu, x, 0, 0);
  }
};

/// One thread makes a pack of channels of `columns` neighbours in a row, which share what they read.
template <int kernel_size, int step, int columns>
struct Depthwise : PerElement {
  static constexpr int kernel = kernel_size, stride = step, strip = columns;
  static constexpr int threads = 128;
  /// Blocks on a multiprocessor at the same time: what bounds the registers, 64 or 128 of a thread.
  static constexpr int resident = columns == 1 ? 8 : 4;

  /// Rows of the window whose loads are under way together, as far as registers go.
  static constexpr int rows_together = kernel == 3 && columns == 1 ? 3 : 1;

  DType type = DType::f32;
  Divisor packs, strips, height;  ///< of the result: packs of channels, strips of a row, rows
  int channels = 1, out_width = 1, in_height = 1, in_width = 1, pad_top = 0, pad_left = 0;
  const void* weights = nullptr;  ///< [tap][channel]
  const void* padding = nullptr;  ///< what is read outside, by channel; null: zero
  const void* x = nullptr;
  void* y = nullptr;
  DepthwiseTail tail;

  template <class T>
  BANOFF_HD void operator()(int item) const {
    constexpr int V = wide<T>;
    using Lanes = Pack<T, V>;
    const int channel = packs.divide(item) * V;
    const int first = strips.divide(item) * columns;  // column of the result
    const int row = height.divide(item);
    const auto* const from = static_cast<const T*>(x) + item * in_height * in_width * channels + channel;
    const auto* const taps = static_cast<const T*>(weights) + channel;
    Lanes outside{};
    if (padding != nullptr) outside = *reinterpret_cast<const Lanes*>(static_cast<const T*>(padding) + channel);
    float sum[columns][V] = {};
    const int top = row * stride - pad_top, left = first * stride - pad_left;
    BANOFF_UNROLL_BY(rows_together)
    for (int r = 0; r < kernel; ++r) {
      const int i = top + r;
      Lanes tap[kernel];
      BANOFF_UNROLL
      for (int k = 0; k < kernel; ++k) tap[k] = *reinterpret_cast<const Lanes*>(taps + (r * kernel + k) * channels);
      BANOFF_UNROLL
      for (int c = 0; c < (columns - 1) * stride + kernel; ++c) {
        const int j = left + c;
        Lanes read = outside;
        if (i >= 0 && i < in_height && j >= 0 && j < in_width)
          read = *reinterpret_cast<const Lanes*>(from + (i * in_width + j) * channels);
        BANOFF_UNROLL
        for (int p = 0; p < columns; ++p) {
          if (c - p * stride < 0 || c - p * stride >= kernel) continue;
          add(sum[p], read, tap[c - p * stride]);
        }
      }
    }
    auto* const to = static_cast<T*>(y) + ((item * height.value + row) * out_width + first) * channels + channel;
    BANOFF_UNROLL
    for (int p = 0; p < columns; ++p) {
      if (first + p >= out_width) break;
      tail.apply<T>(channel, sum[p]);
      store(to, p * channels, sum[p]);
    }
  }

 private:
  template <class T, int V>
  BANOFF_HD static void add(float (&sum)[V], const Pack<T, V>& x, const Pack<T, V>& w) {
    BANOFF_UNROLL
    for (int v = 0; v < V; ++v) sum[v] += load(x.values, v) * load(w.values, v);
  }
};

}  // namespace banoff::gpu
