// Means and their like over pixels whose channels lie side by side: the mean of squeeze-and-excite, global pooling.
#pragma once

#include "kernels/gpu/jobs/divisor.hpp"
#include "kernels/gpu/jobs/reduce.hpp"

namespace banoff::gpu {

/// y[outer][slice][channel] from x[outer][pixel][channel], a pack of channels for each result; each slice is made of
/// `per_slice` pixels. Where there are several slices, a second job makes one of them.
struct LaneSummary {
  DType type = DType::f32, to = DType::f32;
  Shares shares;
  SummaryKind kind = SummaryKind::mean;
  int divisor = 1;        ///< of a mean
  Divisor packs, slices;  ///< of a result
  int pixels = 1, per_slice = 1;
  int pixel_step = 1, outer_step = 1;  ///< elements
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  using PartialOf = Pack<float, wide<T>>;

  template <class T>
  BANOFF_HD PartialOf<T> part(int o, int part, int parts) const {
    constexpr int V = wide<T>;
    using Lanes = Pack<T, V>;
    constexpr int together = 4;  // loads under way at the same time
    const int channel = packs.divide(o) * V;
    const int begin = slices.divide(o) * per_slice;
    const int end = least(begin + per_slice, pixels);
    const auto* const from = static_cast<const T*>(x) + o * outer_step + channel;
    const auto at = [&](int i) { return *reinterpret_cast<const Lanes*>(from + i * pixel_step); };
    PartialOf<T> total;
    BANOFF_UNROLL
    for (int v = 0; v < V; ++v) total.values[v] = neutral();
    int i = begin + part;
    for (; i < end - (together - 1) * parts; i += together * parts) {
      Lanes read[together];
      BANOFF_UNROLL
      for (int t = 0; t < together; ++t) read[t] = at(i + t * parts);
      BANOFF_UNROLL
      for (int t = 0; t < together; ++t) add(total, read[t]);
    }
    for (; i < end; i += parts) add(total, at(i));
    return total;
  }
  template <class P>
  BANOFF_HD P join(P a, const P& b) const {
    constexpr int V = static_cast<int>(sizeof a.values / sizeof a.values[0]);
    BANOFF_UNROLL
    for (int v = 0; v < V; ++v) a.values[v] = joined(kind, a.values[v], b.values[v]);
    return a;
  }
  template <class T>
  BANOFF_HD void finish(int o, int part, int, PartialOf<T> total) const {
    constexpr int V = wide<T>;
    if (part != 0) return;
    if (kind == SummaryKind::mean)
      for (int v = 0; v < V; ++v) total.values[v] /= static_cast<float>(divisor);
    if (to == DType::f16) store(static_cast<f16*>(y), o * V, total.values);
    else if (to == DType::bf16) store(static_cast<bf16*>(y), o * V, total.values);
    else store(static_cast<float*>(y), o * V, total.values);
  }

 private:
  BANOFF_HD float neutral() const {
    if (kind == SummaryKind::max) return -INFINITY;
    if (kind == SummaryKind::min) return INFINITY;
    return kind == SummaryKind::prod ? 1.0F : 0.0F;
  }
  template <class T, int V>
  BANOFF_HD void add(Pack<float, V>& total, const Pack<T, V>& read) const {
    BANOFF_UNROLL
    for (int v = 0; v < V; ++v) total.values[v] = joined(kind, total.values[v], load(read.values, v));
  }
};

}  // namespace banoff::gpu
