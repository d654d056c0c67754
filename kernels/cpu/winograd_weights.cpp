// Weights of 3x3 convolutions, transformed ahead.
#include <algorithm>
#include <array>

#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/winograd.hpp"

namespace banoff::cpu {

namespace {

constexpr std::int64_t points = simd::winograd_points;
using Row = std::array<double, 3>;

/// G: row p holds the powers of point p, divided by the product of its distances to the other points.
std::array<Row, points> weight_matrix() {
  constexpr double a = simd::winograd_a, b = simd::winograd_b;
  constexpr std::array<double, points - 1> finite{0, a, -a, b, -b};
  std::array<Row, points> g{};
  for (std::size_t i = 0; i < finite.size(); ++i) {
    double distances = 1;
    for (std::size_t j = 0; j < finite.size(); ++j)
      if (j != i) distances *= finite[i] - finite[j];
    g[i] = {1 / distances, finite[i] / distances, finite[i] * finite[i] / distances};
  }
  g[points - 1] = {0, 0, 1};
  return g;
}

/// The sums of taps that simd::WinogradExpansion speaks of.
std::array<Row, simd::winograd_sums> sum_matrix() {
  constexpr double a = simd::winograd_a, b = simd::winograd_b;
  return {Row{1, 0, a * a}, Row{1, 0, b * b}, Row{0, a, 0}};
}

/// Neighbouring output channels lie together: packed one after the other, what they write to stays in the cache.
constexpr std::int64_t channels_together = 32;

/// Calls put(o, i, p, q, value) with element (p, q) of what `matrix` makes of the taps of every pair of channels, on
/// several threads.
template <std::size_t Points, class F>
void transform(std::span<const float> weights, std::int64_t in, std::int64_t out, const std::array<Row, Points>& matrix,
               const F& put) {
  const std::int64_t blocks = (out + channels_together - 1) / channels_together;
  parallel_for(blocks, in * channels_together * static_cast<std::int64_t>(Points * Points), [&](std::int64_t block) {
    const std::int64_t first = block * channels_together;
    const std::int64_t end = std::min(out, first + channels_together);
    for (std::int64_t i = 0; i < in; ++i) {
      for (std::int64_t o = first; o < end; ++o) {
        const float* w = weights.data() + (o * in + i) * 9;
        std::array<Row, Points> half{};
        for (std::size_t p = 0; p < Points; ++p)
          for (std::size_t x = 0; x < 3; ++x)
            half[p][x] = matrix[p][0] * static_cast<double>(w[x]) + matrix[p][1] * static_cast<double>(w[3 + x]) +
                         matrix[p][2] * static_cast<double>(w[6 + x]);
        for (std::size_t p = 0; p < Points; ++p)
          for (std::size_t q = 0; q < Points; ++q)
            put(o, i, static_cast<std::int64_t>(p), static_cast<std::int64_t>(q),
                half[p][0] * matrix[q][0] + half[p][1] * matrix[q][1] + half[p][2] * matrix[q][2]);
      }
    }
  });
}

}  // namespace

std::size_t winograd_weight_floats(const WinogradCut& cut) {
  const std::int64_t elements = cut.expands ? simd::winograd_sums * simd::winograd_sums : points * points;
  return static_cast<std::size_t>(elements * cut.shape.in * cut.vectors() * cut.lanes);
}

AlignedFloats winograd_weights(std::span<const float> weights, const WinogradCut& cut) {
  const std::int64_t in = cut.shape.in, out = cut.shape.out, lanes = cut.lanes;
  AlignedFloats packed(winograd_weight_floats(cut));
  float* to = packed.data();
  if (cut.expands) {
    constexpr std::int64_t sums = simd::winograd_sums;
    transform(weights, in, out, sum_matrix(), [&](auto o, auto i, auto p, auto q, double value) {
      to[(((o / lanes * in + i) * sums + p) * sums + q) * lanes + o % lanes] = static_cast<float>(value);
    });
  } else {
    const std::int64_t group = cut.group_channels();
    transform(weights, in, out, weight_matrix(), [&](auto o, auto i, auto p, auto q, double value) {
      const std::int64_t first = o / group * group;
      const std::int64_t width = std::min(group, cut.vectors() * lanes - first);
      to[points * points * in * first + ((p * points + q) * in + i) * width + o - first] = static_cast<float>(value);
    });
  }
  return packed;
}

}  // namespace banoff::cpu
