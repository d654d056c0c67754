#include "runtime/compress/quantize/samples.hpp"

#include <algorithm>
#include <array>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::quantize {

namespace {

/// So many for each weight, but not more or fewer than these: the covariance of few is known from few.
constexpr std::size_t samples_each = 32, fewest_samples = 1024, most_samples = 4096;

/// Counts `at` through all places below `sizes`, the last fastest.
std::vector<std::int64_t> place_of(std::size_t number, const std::vector<std::int64_t>& sizes) {
  std::vector<std::int64_t> at(sizes.size());
  for (std::size_t d = sizes.size(); d-- > 0;) {
    const auto size = static_cast<std::size_t>(sizes[d]);
    at[d] = static_cast<std::int64_t>(number % size);
    number /= size;
  }
  return at;
}

std::size_t product_of(const std::vector<std::int64_t>& sizes) {
  std::size_t product = 1;
  for (const std::int64_t size : sizes) product *= static_cast<std::size_t>(size);
  return product;
}

}  // namespace

Samples::Samples(const Node& layer, const Values& inputs) {
  const Shape& shape = inputs.at(0).shape();
  const auto* conv = layer.as<Conv>();
  if (conv != nullptr) groups_ = static_cast<std::size_t>(groups_of(*conv, shape));
  channels_ = static_cast<std::size_t>(conv != nullptr ? shape[1] : shape.back());
  plane_ = conv != nullptr ? inner_of(shape) : 1;
  std::size_t taps = 1;
  if (conv != nullptr) {
    for (const Window& w : windows(layer.op, shape)) taps *= static_cast<std::size_t>(w.kernel);
  }
  const std::size_t wanted = std::clamp(samples_each * taps * (channels_ / groups_), fewest_samples, most_samples);
  const std::size_t count = std::max<std::size_t>(wanted / inputs.size(), 1);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    floats_.push_back(inputs[i].as(DType::f32));
    add_windows(layer, i, count);
  }
}

void Samples::add_windows(const Node& layer, std::size_t input, std::size_t count) {
  const Shape& shape = floats_[input].shape();
  std::vector<Window> over;
  if (layer.as<Conv>()) over = windows(layer.op, shape);
  std::vector<std::int64_t> outputs, kernels;
  for (const Window& w : over) outputs.push_back(w.output), kernels.push_back(w.kernel);
  taps_ = product_of(kernels);
  const std::size_t each = product_of(outputs);
  const std::size_t batch = static_cast<std::size_t>(shape.elements()) / (channels_ * plane_), all = batch * each;
  // Evenly over the value, and elsewhere in each of the inputs.
  count = std::min(count, all);
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t number = (n * all / count + input * 7919) % all;
    const std::vector<std::int64_t> at = place_of(number % each, outputs);
    Place place{input, {}, number / each};
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      const std::vector<std::int64_t> k = place_of(tap, kernels);
      std::int64_t element = 0;
      for (std::size_t d = 0; d < over.size(); ++d) {
        const Window& w = over[d];
        const std::int64_t x = at[d] * w.stride - w.pad_begin + k[d] * w.dilation;
        element = element == padding || x < 0 || x >= w.input ? padding : element * w.input + x;
      }
      place.inner.push_back(element);
    }
    places_.push_back(std::move(place));
  }
}

std::vector<float> Samples::rows(std::size_t first_channel, std::size_t begin, std::size_t size,
                                 std::size_t width) const {
  std::vector<float> result(places_.size() * width);
  std::vector<double> mean(size, 0.0);
  for (std::size_t s = 0; s < places_.size(); ++s) {
    const Place& place = places_[s];
    const std::span<const float> values = floats_[place.input].values<float>();
    float* const row = &result[s * width];
    std::size_t channel = place.batch * channels_ + first_channel + begin / taps_, tap = begin % taps_;
    for (std::size_t i = 0; i < size; ++i) {
      if (place.inner[tap] != padding) row[i] = values[channel * plane_ + static_cast<std::size_t>(place.inner[tap])];
      mean[i] += static_cast<double>(row[i]);
      if (++tap == taps_) tap = 0, ++channel;
    }
  }
  for (double& sum : mean) sum /= static_cast<double>(places_.size());
  for (std::size_t s = 0; s < places_.size(); ++s) {
    for (std::size_t i = 0; i < size; ++i) result[s * width + i] -= static_cast<float>(mean[i]);
  }
  return result;
}

namespace {

constexpr std::size_t lanes = 8;

/// sums += rows^T rows, on and above the diagonal; floats are summed over these few rows only.
void add_products(std::span<const float> rows, std::size_t width, std::vector<double>& sums) {
  constexpr std::size_t height = 4;
  for (std::size_t i = 0; i < width; i += height) {
    for (std::size_t j = i / lanes * lanes; j < width; j += lanes) {
      std::array<std::array<float, lanes>, height> tile{};
      for (std::size_t at = 0; at < rows.size(); at += width) {
        const float *const left = &rows[at + i], *const right = &rows[at + j];
        for (std::size_t a = 0; a < height; ++a) {
          for (std::size_t b = 0; b < lanes; ++b) tile[a][b] += left[a] * right[b];
        }
      }
      for (std::size_t a = 0; a < height; ++a) {
        for (std::size_t b = 0; b < lanes; ++b) sums[(i + a) * width + j + b] += static_cast<double>(tile[a][b]);
      }
    }
  }
}

}  // namespace

Covariance Samples::covariance(std::size_t group, std::size_t begin, std::size_t size, double input_scale) const {
  constexpr std::size_t rows_at_once = 128;
  const std::size_t width = (size + lanes - 1) / lanes * lanes, n = places_.size();
  const std::vector<float> all = rows(group * (channels_ / groups_), begin, size, width);
  std::vector<double> sums(width * width, 0.0);
  for (std::size_t s = 0; s < n; s += rows_at_once)
    add_products(std::span(all).subspan(s * width, std::min(rows_at_once, n - s) * width), width, sums);
  // Of n samples the covariances of different inputs are as far off as if size / (n + size) of them were chance.
  const double trust = static_cast<double>(n) / static_cast<double>(n + size);
  Covariance result{size, std::vector<double>(size * size)};
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = i; j < size; ++j) {
      const double value = sums[i * width + j] / static_cast<double>(n);
      const double kept = i == j ? value + input_scale * input_scale / 12 : trust * value;
      result.values[i * size + j] = result.values[j * size + i] = kept;
    }
  }
  return result;
}

}  // namespace banoff::quantize
