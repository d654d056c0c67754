// Weights of 3x3 convolutions, transformed ahead.
#include <array>

#include "kernels/cpu/winograd.hpp"

namespace banoff::cpu {

namespace {

constexpr std::size_t points = simd::winograd_points;
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

}  // namespace

std::size_t winograd_weight_floats(std::int64_t in, std::int64_t out, std::int64_t lanes) {
  return points * points * static_cast<std::size_t>(in * ((out + lanes - 1) / lanes * lanes));
}

AlignedFloats winograd_weights(std::span<const float> weights, std::int64_t in, std::int64_t out, std::int64_t lanes) {
  const auto g = weight_matrix();
  const std::int64_t group = simd::winograd_vectors * lanes;
  const std::int64_t padded = (out + lanes - 1) / lanes * lanes;
  AlignedFloats packed(winograd_weight_floats(in, out, lanes));
  for (std::int64_t o = 0; o < out; ++o) {
    const std::int64_t first = o / group * group;
    const std::int64_t width = std::min(group, padded - first);
    float* to = packed.data() + static_cast<std::int64_t>(points * points) * in * first + (o - first);
    for (std::int64_t i = 0; i < in; ++i) {
      const float* w = weights.data() + (o * in + i) * 9;
      std::array<Row, points> half{};
      for (std::size_t p = 0; p < points; ++p)
        for (std::size_t x = 0; x < 3; ++x)
          half[p][x] = g[p][0] * static_cast<double>(w[x]) + g[p][1] * static_cast<double>(w[3 + x]) +
                       g[p][2] * static_cast<double>(w[6 + x]);
      for (std::size_t p = 0; p < points; ++p)
        for (std::size_t q = 0; q < points; ++q)
          to[(static_cast<std::int64_t>(p * points + q) * in + i) * width] =
              static_cast<float>(half[p][0] * g[q][0] + half[p][1] * g[q][1] + half[p][2] * g[q][2]);
    }
  }
  return packed;
}

}  // namespace banoff::cpu
