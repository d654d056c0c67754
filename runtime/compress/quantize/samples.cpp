#include "runtime/compress/quantize/samples.hpp"

#include <algorithm>
#include <array>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::quantize {

namespace {

constexpr std::size_t samples_wanted = 4096;

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
  const std::size_t count = std::max<std::size_t>(samples_wanted / inputs.size(), 1);
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

Covariance Samples::covariance(std::size_t group, std::size_t begin, std::size_t size, double input_scale) const {
  const std::size_t first_channel = group * (channels_ / groups_), n = places_.size();
  std::vector<float> columns(size * n);
  std::vector<double> mean(size, 0.0);
  for (std::size_t i = 0; i < size; ++i) {
    const std::size_t channel = first_channel + (begin + i) / taps_, tap = (begin + i) % taps_;
    for (std::size_t s = 0; s < n; ++s) {
      const Place& place = places_[s];
      if (place.inner[tap] == padding) continue;
      const std::size_t element =
          (place.batch * channels_ + channel) * plane_ + static_cast<std::size_t>(place.inner[tap]);
      columns[i * n + s] = floats_[place.input].values<float>()[element];
      mean[i] += static_cast<double>(columns[i * n + s]) / static_cast<double>(n);
    }
    for (std::size_t s = 0; s < n; ++s) columns[i * n + s] -= static_cast<float>(mean[i]);
  }
  // Of n samples the covariances of different inputs are as far off as if size / (n + size) of them were chance.
  const double trust = static_cast<double>(n) / static_cast<double>(n + size);
  Covariance result{size, std::vector<double>(size * size)};
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = i; j < size; ++j) {
      // Eight sums side by side, so that they are vectors; their order does not depend on the processor.
      std::array<float, 8> sums{};
      const float *a = &columns[i * n], *b = &columns[j * n];
      double tail = 0;
      std::size_t s = 0;
      for (; s + 8 <= n; s += 8) {
        for (std::size_t lane = 0; lane < 8; ++lane) sums[lane] += a[s + lane] * b[s + lane];
      }
      for (; s < n; ++s) tail += static_cast<double>(a[s]) * static_cast<double>(b[s]);
      for (const float sum : sums) tail += static_cast<double>(sum);
      double value = tail / static_cast<double>(n);
      if (i == j) value += input_scale * input_scale / 12;
      else value *= trust;
      result.values[i * size + j] = result.values[j * size + i] = value;
    }
  }
  return result;
}

}  // namespace banoff::quantize
