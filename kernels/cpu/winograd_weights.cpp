// Weights of convolutions, transformed ahead.
#include <algorithm>
#include <array>
#include <vector>

#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/winograd.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

constexpr std::size_t most_taps = 7;
using Row = std::array<double, most_taps>;
using Matrix = std::vector<Row>;

/// G: row p holds the powers of point p, divided by the product of its distances to the other points.
Matrix weight_matrix(int taps) {
  if (taps == 1) return {{1}};
  std::vector<double> finite{0};
  for (int pair = 0; pair < (taps + 1) / 2; ++pair)
    for (const double sign : {1.0, -1.0}) finite.push_back(sign * simd::winograd_pair(taps, pair));
  Matrix matrix;
  for (const double point : finite) {
    double distances = 1;
    for (const double other : finite)
      if (other != point) distances *= point - other;
    Row row{1 / distances};
    for (std::size_t k = 1; k < static_cast<std::size_t>(taps); ++k) row[k] = row[k - 1] * point;
    matrix.push_back(row);
  }
  matrix.emplace_back()[static_cast<std::size_t>(taps - 1)] = 1;  // infinity
  return matrix;
}

/// The sums of taps that simd::WinogradExpansion speaks of.
Matrix sum_matrix() {
  constexpr double a = simd::winograd_pair(3, 0), b = simd::winograd_pair(3, 1);
  return {{1, 0, a * a}, {1, 0, b * b}, {0, a, 0}};
}

/// Neighbouring output channels lie together: packed one after the other, what they write to stays in the cache.
constexpr std::int64_t channels_together = 32;

/// Calls put(o, i, element, value) with what `down` and `across` make of the taps of every pair of channels, on several
/// threads.
template <class F>
void transform(std::span<const float> weights, const WinogradShape& shape, const Matrix& down, const Matrix& across,
               const F& put) {
  const auto rows = static_cast<std::size_t>(shape.taps_down), columns = static_cast<std::size_t>(shape.taps_across);
  const std::int64_t blocks = divide_up(shape.out, channels_together);
  const auto elements = static_cast<std::int64_t>(down.size() * across.size());
  parallel_for(blocks, shape.in * channels_together * elements, [&](std::int64_t block) {
    const std::int64_t first = block * channels_together;
    const std::int64_t end = std::min(shape.out, first + channels_together);
    for (std::int64_t i = 0; i < shape.in; ++i) {
      for (std::int64_t o = first; o < end; ++o) {
        const float* w = weights.data() + static_cast<std::size_t>(o * shape.in + i) * rows * columns;
        std::int64_t element = 0;
        for (const Row& p : down) {
          Row half{};
          for (std::size_t y = 0; y < rows; ++y)
            for (std::size_t x = 0; x < columns; ++x) half[x] += p[y] * static_cast<double>(w[y * columns + x]);
          for (const Row& q : across) {
            double value = 0;
            for (std::size_t x = 0; x < columns; ++x) value += half[x] * q[x];
            put(o, i, element++, value);
          }
        }
      }
    }
  });
}

}  // namespace

std::size_t winograd_weight_floats(const WinogradCut& cut) {
  return static_cast<std::size_t>(cut.weight_elements() * cut.shape.in * cut.vectors() * cut.lanes);
}

AlignedFloats winograd_weights(std::span<const float> weights, const WinogradCut& cut) {
  const WinogradShape& shape = cut.shape;
  const std::int64_t in = shape.in, lanes = cut.lanes, elements = cut.weight_elements();
  AlignedFloats packed(winograd_weight_floats(cut));
  float* to = packed.data();
  if (cut.expands) {
    transform(weights, shape, sum_matrix(), sum_matrix(), [&](auto o, auto i, auto element, double value) {
      to[((o / lanes * in + i) * elements + element) * lanes + o % lanes] = static_cast<float>(value);
    });
  } else {
    const std::int64_t group = cut.group_channels();
    const Matrix down = weight_matrix(shape.taps_down), across = weight_matrix(shape.taps_across);
    transform(weights, shape, down, across, [&](auto o, auto i, auto element, double value) {
      const std::int64_t first = o / group * group;
      const std::int64_t width = std::min(group, cut.vectors() * lanes - first);
      to[elements * in * first + (element * in + i) * width + o - first] = static_cast<float>(value);
    });
  }
  return packed;
}

}  // namespace banoff::cpu
