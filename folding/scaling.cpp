#include "folding/scaling.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "runtime/core/convert.hpp"

namespace banoff::gauge {

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Magnitudes of floats are ordered as their bits are, infinities and NaN last.
double largest_of_floats(std::span<const float> values) {
  std::int32_t largest = 0;
  for (const float value : values) largest = std::max(largest, std::bit_cast<std::int32_t>(value) & 0x7FFFFFFF);
  return std::bit_cast<float>(largest);
}

/// The larger one; a NaN is larger than any number.
double larger(double a, double b) { return b > a || std::isnan(b) ? b : a; }

double largest_of(std::span<const double> values) {
  double largest = 0;
  for (const double value : values) largest = larger(largest, std::abs(value));
  return largest;
}

}  // namespace

ScaledRows::ScaledRows(const Tensor& stored, const LinearOp& linear, const Scaling* scaling)
    : stored_(stored), linear_(linear), scaling_(scaling), columns_(at(length())), row_(at(length())) {}

void ScaledRows::set_group(std::int64_t group) {
  group_ = group;
  const std::vector<double>& along = linear_.transposed ? scaling_->out : scaling_->in;
  for (std::int64_t m = 0; m < linear_.middle; ++m)
    std::fill_n(columns_.data() + m * linear_.taps, linear_.taps, along[at(group * linear_.middle + m)]);
}

const std::vector<double>& ScaledRows::row(std::int64_t index) {
  const bool floats = stored_.dtype() == DType::f32;
  if (!floats) {
    const std::byte* from = stored_.data() + at(index * length()) * size_of(stored_.dtype());
    convert_elements(stored_.dtype(), from, DType::f64, reinterpret_cast<std::byte*>(row_.data()), row_.size());
  }
  if (floats && scaling_ == nullptr) std::ranges::copy(floats_of(index), row_.begin());
  if (scaling_ == nullptr) return row_;
  if (const std::int64_t group = index / (linear_.outer / linear_.groups); group != group_) set_group(group);
  const double factor = (linear_.transposed ? scaling_->in : scaling_->out)[at(index)];
  const auto scale = [&](const auto* from) {
    for (std::size_t k = 0; k < row_.size(); ++k) row_[k] = from[k] * (columns_[k] * factor);
  };
  // Floats, which weights nearly always are, are converted and scaled in one go.
  floats ? scale(floats_of(index).data()) : scale(row_.data());
  return row_;
}

std::span<const float> ScaledRows::floats_of(std::int64_t index) const {
  return stored_.values<float>().subspan(at(index * length()), row_.size());
}

Tensor scaled(const Tensor& stored, const Scaling& scaling, DType type) {
  ScaledRows rows(stored, scaling.linear, &scaling);
  auto [result, data] = Tensor::allocate(type, stored.shape());
  for (std::int64_t i = 0; i < scaling.linear.outer; ++i) {
    const std::vector<double>& row = rows.row(i);
    std::byte* to = data + at(i) * row.size() * size_of(type);
    if (type == DType::f64) {
      std::ranges::copy(row, reinterpret_cast<double*>(to));
      continue;
    }
    std::ranges::transform(row, reinterpret_cast<float*>(to), [](double value) {
      const auto narrow = static_cast<float>(value);
      return std::abs(narrow) < std::numeric_limits<float>::min() ? 0.0F : narrow;
    });
  }
  return result;
}

double largest_magnitude(const Tensor& tensor) {
  if (tensor.dtype() == DType::f32) return largest_of_floats(tensor.values<float>());
  return largest_of(tensor.to_vector<double>());
}

double largest_magnitude(const Tensor& stored, const Scaling& scaling) {
  ScaledRows rows(stored, scaling.linear, &scaling);
  double largest = 0;
  for (std::int64_t i = 0; i < scaling.linear.outer; ++i) largest = larger(largest, largest_of(rows.row(i)));
  return largest;
}

}  // namespace banoff::gauge
