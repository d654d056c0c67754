// Images read between their pixels: at the places of a grid, and under boxes of several pictures.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "kernels/reference/context.hpp"
#include "kernels/reference/numbers.hpp"
#include "runtime/core/convert.hpp"

namespace banoff::reference {

namespace {

/// The pixels of one dimension that a place is read from, and their weights; a pixel of -1 is outside and reads 0.
template <class T>
struct Reading {
  int count = 1;
  std::array<std::int64_t, 4> at{};
  std::array<T, 4> weight{};
};

/// Mirrors x at both ends until it lies between them.
template <class T>
T mirrored(T x, T first, T last) {
  const T range = last - first;
  if (range <= T{0}) return first;
  const T beyond = x < first ? first - x : x > last ? x - last : T{-1};
  if (beyond < T{0}) return x;
  const T rest = std::fmod(beyond, range);
  const bool odd = std::fmod(std::floor(beyond / range), T{2}) != T{0};
  return (x < first) != odd ? first + rest : last - rest;
}

/// Along a dimension of `size` pixels, by the rules of one op.
template <class T>
class Sampler {
 public:
  Sampler(const GridSample& op, std::int64_t size) : op_(op), size_(size) {
    const auto pixels = static_cast<T>(size);
    first_ = op.align_corners ? T{0} : T(-0.5);
    last_ = op.align_corners ? pixels - 1 : pixels - T(0.5);
  }

  /// `place` from -1 to 1. One that is no number reads what lies outside, or the first pixel.
  [[nodiscard]] Reading<T> operator()(T place) const {
    const auto pixels = static_cast<T>(size_);
    T x = op_.align_corners ? (place + 1) / 2 * (pixels - 1) : ((place + 1) * pixels - 1) / 2;
    if (op_.mode == SampleMode::nearest) x = std::nearbyint(x);
    if (x < first_ || x > last_) x = brought_in(x);
    // Nothing is read from so far away; what is left is small enough for an integer.
    if (!(x > T{-3} && x < pixels + 3)) return {1, {op_.outside == Outside::zeros ? -1 : 0}, {1}};
    const T low = std::floor(x);
    const auto at = static_cast<std::int64_t>(low);
    switch (op_.mode) {
      case SampleMode::nearest: return {1, {pixel(at)}, {1}};
      case SampleMode::linear: return {2, {pixel(at), pixel(at + 1)}, {1 - (x - low), x - low}};
      case SampleMode::cubic: break;
    }
    const T t = x - low;
    return {
        4, {pixel(at - 1), pixel(at), pixel(at + 1), pixel(at + 2)}, {far(1 + t), near(t), near(1 - t), far(2 - t)}};
  }

 private:
  static constexpr T a = T(-0.75);
  /// Keys' kernel up to a distance of 1, and from there to 2.
  [[nodiscard]] static T near(T d) { return ((a + 2) * d - (a + 3)) * d * d + 1; }
  [[nodiscard]] static T far(T d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; }

  [[nodiscard]] T brought_in(T x) const {
    switch (op_.outside) {
      case Outside::zeros: return x;
      case Outside::border: {
        // Beyond that every pixel that a cubic reads is the border's; nearer, PyTorch and ONNX Runtime still blend.
        const T margin = op_.mode == SampleMode::cubic ? T{2} : T{0};
        return std::clamp(x, -margin, static_cast<T>(size_ - 1) + margin);
      }
      case Outside::reflection: return mirrored(x, first_, last_);
    }
    return x;
  }

  [[nodiscard]] std::int64_t pixel(std::int64_t at) const {
    if (at >= 0 && at < size_) return at;
    if (op_.outside == Outside::zeros) return -1;
    const auto x = static_cast<T>(at);
    const T inside = op_.outside == Outside::border ? x : mirrored(x, first_, last_);
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(inside), 0, size_ - 1);
  }

  GridSample op_;
  std::int64_t size_;
  T first_, last_;  // of what is mirrored
};

/// The weighted sum of what is read along dimension `d` and those behind it, of a plane that begins at `x`.
template <class T>
T blended(const T* x, const std::array<std::int64_t, 3>& sizes, const std::array<Reading<T>, 3>& readings,
          std::size_t d) {
  if (d == sizes.size()) return *x;
  std::int64_t step = 1;
  for (std::size_t behind = d + 1; behind < sizes.size(); ++behind) step *= sizes[behind];
  T sum = 0;
  for (int i = 0; i < readings[d].count; ++i) {
    const auto k = static_cast<std::size_t>(i);
    const std::int64_t at = readings[d].at[k];
    if (at >= 0) sum += readings[d].weight[k] * blended(x + at * step, sizes, readings, d + 1);
  }
  return sum;
}

/// Sampling points of `bins` equal parts along an axis of `size` pixels: `per_bin` in each, of which only those that
/// lie within a pixel of the image count.
template <class T>
class Points {
 public:
  Points(T start, T extent, std::int64_t bins, std::int64_t sampling, std::int64_t size)
      : start_(start), bin_(extent / static_cast<T>(bins)), size_(size) {
    // A little less than the quotient, which may be a whole number but for its rounding.
    const T pixels = std::ceil(bin_ - std::abs(bin_) * T(1e-6));
    per_bin_ = sampling > 0 ? static_cast<T>(sampling) : pixels > T{0} ? pixels : T{0};
  }

  [[nodiscard]] T per_bin() const { return per_bin_; }

  /// Calls f(low, high, weight of low, weight of high) for the points of one bin that count; whether there are others.
  template <class F>
  bool each(std::int64_t bin, F&& f) const {
    if (!(per_bin_ > T{0})) return false;
    const T begin = start_ + static_cast<T>(bin) * bin_, step = bin_ / per_bin_;
    // At least where the first and behind where the last one that counts stands, so that there are few others.
    const T to_first = (T{-1} - begin) / step - 2, to_last = (static_cast<T>(size_) - begin) / step + 2;
    const T first = step > T{0} && to_first > T{0} ? std::floor(to_first) : T{0};
    const T last = step > T{0} && to_last < per_bin_ ? std::ceil(to_last) : per_bin_;
    // More than these are none but numbers that T does not tell apart.
    const T most = static_cast<T>(std::max(2 * size_ + 16, RoiAlign::most_points));
    if (!(first < last) || last - first > most) return true;
    bool others = first > T{0} || last < per_bin_;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(last - first); ++i) {
      T at = begin + (first + static_cast<T>(i) + T(0.5)) * bin_ / per_bin_;
      if (!(at >= T{-1} && at <= static_cast<T>(size_))) {
        others = true;
        continue;
      }
      at = std::max(at, T{0});
      const std::int64_t low = std::min(static_cast<std::int64_t>(at), size_ - 1), high = std::min(low + 1, size_ - 1);
      const T part = low == high ? T{0} : at - static_cast<T>(low);
      f(low, high, 1 - part, part);
    }
    return others;
  }

 private:
  T start_, bin_, per_bin_ = 0;
  std::int64_t size_;
};

/// One bin of every channel: `x` are the maps of a picture, `out` the bin of the first channel.
template <class T>
void take_bin(const RoiAlignBatch& op, const Shape& shape, const Points<T>& down, const Points<T>& across,
              std::int64_t i, std::int64_t j, const T* x, T* out) {
  const std::int64_t channels = shape[1], height = shape[2], width = shape[3];
  const std::int64_t step = op.size.at(0) * op.size.at(1);
  for (std::int64_t c = 0; c < channels; ++c) out[c * step] = 0;
  bool any = false, left_out = false;
  const bool rows_left = down.each(i, [&](std::int64_t top, std::int64_t bottom, T up, T low) {
    left_out |= across.each(j, [&](std::int64_t left, std::int64_t right, T west, T east) {
      for (std::int64_t c = 0; c < channels; ++c) {
        const T* upper = x + (c * height + top) * width;
        const T* lower = x + (c * height + bottom) * width;
        const std::array<T, 4> parts{up * west * upper[left], up * east * upper[right], low * west * lower[left],
                                     low * east * lower[right]};
        const T best = larger(larger(parts[0], parts[1]), larger(parts[2], parts[3]));
        T& value = out[c * step];
        if (!op.max) value += parts[0] + parts[1] + parts[2] + parts[3];
        else value = any ? larger(value, best) : best;
      }
      any = true;
    });
  });
  if (op.max) {
    // A point outside is a 0 among the others.
    for (std::int64_t c = 0; any && (rows_left || left_out) && c < channels; ++c)
      out[c * step] = larger(out[c * step], T{0});
    return;
  }
  const T count = std::max(down.per_bin() * across.per_bin(), T{1});
  for (std::int64_t c = 0; c < channels; ++c) out[c * step] /= count;
}

}  // namespace

template <class T>
Body reference(const GridSample& op, Context<T>& context) {
  const Shape in = context.inputs[0].shape, out = context.outputs[0].shape;
  // Always three spatial dimensions, the missing ones of size 1 and read at their only pixel.
  const std::size_t spatial = in.rank() - 2, missing = 3 - spatial;
  std::array<std::int64_t, 3> sizes{1, 1, 1};
  for (std::size_t d = 0; d < spatial; ++d) sizes[missing + d] = in[2 + d];
  std::vector<Sampler<T>> samplers;
  for (std::size_t d = 0; d < spatial; ++d) samplers.emplace_back(op, in[2 + d]);
  return [=, places = out.elements(2, out.rank())](const KernelArgs& args) {
    const std::int64_t plane = sizes[0] * sizes[1] * sizes[2];
    std::array<Reading<T>, 3> readings;
    readings.fill({1, {0}, {1}});
    for (std::int64_t n = 0; n < in[0]; ++n) {
      for (std::int64_t p = 0; p < places; ++p) {
        const T* place = input<T>(args, 1) + (n * places + p) * static_cast<std::int64_t>(spatial);
        for (std::size_t d = 0; d < spatial; ++d) readings[missing + d] = samplers[d](place[spatial - 1 - d]);
        for (std::int64_t c = 0; c < in[1]; ++c) {
          const std::int64_t channel = n * in[1] + c;
          output<T>(args)[channel * places + p] = blended(input<T>(args, 0) + channel * plane, sizes, readings, 0);
        }
      }
    }
  };
}
BANOFF_REFERENCE(GridSample);

template <class T>
Body reference(const RoiAlignBatch& op, Context<T>& context) {
  const Shape shape = context.inputs[0].shape, out = context.outputs[0].shape;
  const DType type = context.inputs[2].dtype;
  return [=](const KernelArgs& args) {
    const std::int64_t row = out.elements(1, 4), count = std::min(args.input_counts[1], args.input_counts[2]);
    const T shift = op.aligned ? T(0.5) : T{0};
    for (std::int64_t k = 0; k < out[0]; ++k) {
      T* y = output<T>(args) + k * row;
      std::int64_t picture = 0;
      const std::size_t bytes = size_of(type);
      convert_elements(type, args.inputs[2] + static_cast<std::size_t>(k) * bytes, DType::i64,
                       reinterpret_cast<std::byte*>(&picture), 1);
      // Rows behind the last one that counts, and boxes in no picture, are zero.
      if (k >= count || picture < 0 || picture >= shape[0]) {
        std::fill_n(y, row, T{0});
        continue;
      }
      std::array<T, 4> box{};
      for (std::size_t i = 0; i < 4; ++i) {
        box[i] = input<T>(args, 1)[k * 4 + static_cast<std::int64_t>(i)] * static_cast<T>(op.scale) - shift;
      }
      const T width = box[2] - box[0], height = box[3] - box[1];
      const auto extent = [&](T side) { return op.aligned ? side : std::max(side, T{1}); };
      const Points<T> down(box[1], extent(height), op.size.at(0), op.sampling, shape[2]);
      const Points<T> across(box[0], extent(width), op.size.at(1), op.sampling, shape[3]);
      for (std::int64_t i = 0; i < op.size.at(0); ++i) {
        for (std::int64_t j = 0; j < op.size.at(1); ++j) {
          take_bin(op, shape, down, across, i, j, input<T>(args, 0) + picture * shape.elements(1, 4),
                   y + i * op.size.at(1) + j);
        }
      }
    }
  };
}
BANOFF_REFERENCE(RoiAlignBatch);

}  // namespace banoff::reference
