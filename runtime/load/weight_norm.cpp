#include "runtime/load/weight_norm.hpp"

#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

/// Values stored as the tensor they come from was, except that halves become float32.
Tensor stored_like(const Tensor& original, std::vector<double> values) {
  const Tensor result = Tensor::of<double>(original.shape(), std::move(values));
  return original.dtype() == DType::f64 ? result : result.as(DType::f32);
}

std::size_t row_length(const Tensor& tensor) {
  return static_cast<std::size_t>(tensor.shape().elements(1, tensor.shape().rank()));
}

Tensor normalized(const std::string& name, const Tensor& g, const Tensor& v) {
  const bool matches = v.shape().rank() > 0 && g.elements() == v.shape()[0];
  if (!matches) fail_input("weight norm of '{}': {} magnitudes for {}", name, g.shape().str(), v.shape().str());
  const std::vector<double> magnitude = g.to_vector<double>();
  std::vector<double> values = v.to_vector<double>();
  const std::size_t row = row_length(v);
  for (std::size_t c = 0; c < magnitude.size(); ++c) {
    double square = 0;
    for (std::size_t i = 0; i < row; ++i) square += values[c * row + i] * values[c * row + i];
    const double scale = magnitude[c] / std::sqrt(square);
    for (std::size_t i = 0; i < row; ++i) values[c * row + i] *= scale;
  }
  return stored_like(v, std::move(values));
}

/// The names of the plain weight and of its direction, if `name` is a magnitude.
std::optional<std::pair<std::string, std::string>> weight_norm_names(const std::string& name) {
  constexpr std::string_view g = "_g", parametrizations = "parametrizations.", original = ".original0";
  if (name.ends_with(g)) {
    const std::string plain = name.substr(0, name.size() - g.size());
    return std::pair(plain, plain + "_v");
  }
  const std::size_t at = name.rfind(parametrizations);
  if (at == std::string::npos || !name.ends_with(original) || (at > 0 && name[at - 1] != '.')) return std::nullopt;
  const std::string stem = name.substr(0, name.size() - original.size());
  return std::pair(name.substr(0, at) + stem.substr(at + parametrizations.size()), stem + ".original1");
}

}  // namespace

void resolve_weight_norm(std::map<std::string, Tensor>& tensors) {
  for (auto it = tensors.begin(); it != tensors.end();) {
    const auto names = weight_norm_names(it->first);
    const auto direction = names ? tensors.find(names->second) : tensors.end();
    if (direction == tensors.end() || tensors.contains(names->first)) {
      ++it;
      continue;
    }
    Tensor weight = normalized(names->first, it->second, direction->second);
    tensors.erase(direction);
    it = tensors.erase(it);
    tensors.emplace(names->first, std::move(weight));
  }
}

Tensor standardized(const Tensor& weight, double eps) {
  std::vector<double> values = weight.to_vector<double>();
  const std::size_t row = row_length(weight);
  const auto count = static_cast<double>(row);
  for (std::size_t begin = 0; row > 0 && begin < values.size(); begin += row) {
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < row; ++i) mean += values[begin + i] / count;
    for (std::size_t i = 0; i < row; ++i) variance += (values[begin + i] - mean) * (values[begin + i] - mean) / count;
    const double scale = 1 / std::sqrt(variance + eps);
    for (std::size_t i = 0; i < row; ++i) values[begin + i] = (values[begin + i] - mean) * scale;
  }
  return stored_like(weight, std::move(values));
}

}  // namespace banoff
