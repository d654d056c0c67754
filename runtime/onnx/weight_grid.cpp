#include "runtime/onnx/weight_grid.hpp"

#include <cmath>

#include "runtime/graph/quantised.hpp"

namespace banoff::onnx_import {

std::shared_ptr<const WeightGrid> weight_grid(KnownTensors& known, const Known& numbers, const Known& scale,
                                              const Known* zeros, std::size_t axis) {
  const DType type = numbers.dtype();
  if ((type != DType::i8 && type != DType::u8) || scale.dtype() != DType::f32 || numbers.elements() == 0)
    return nullptr;
  const bool one = scale.elements() == 1;
  if (one && zeros != nullptr && zeros->elements() != 1) return nullptr;
  const KnownTensors::Lease meanwhile = known.lend(numbers.elements() + 2 * scale.elements());
  const std::vector<double> steps = scale.to_vector<double>();
  const std::vector<double> points = zeros == nullptr ? std::vector<double>(1, 0) : zeros->to_vector<double>();
  const std::vector<double> values = numbers.to_vector<double>();
  for (const double step : steps) {
    if (!std::isfinite(static_cast<float>(step * static_cast<double>(most_weight)))) return nullptr;
  }
  const Shape& shape = numbers.shape();
  const auto behind = one ? std::size_t{1} : static_cast<std::size_t>(shape.elements(axis + 1, shape.rank()));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double zero = points.size() == 1 ? points[0] : points[i / behind % points.size()];
    if (std::abs(values[i] - zero) > static_cast<double>(most_weight)) return nullptr;
  }
  WeightGrid grid{scale.reshaped({scale.elements()}), std::nullopt};
  if (!one) grid.axis = axis;
  return std::make_shared<const WeightGrid>(std::move(grid));
}

std::optional<Known> weight_scale_of(KnownTensors& known, const Operand& weight, std::size_t axis) {
  if (!weight.grid || !weight.known) return std::nullopt;
  if (weight.grid->axis) return weight.grid->axis == axis ? std::optional(weight.grid->scale) : std::nullopt;
  return known.filled(DType::f32, {weight.known->shape()[axis]}, weight.grid->scale.to_vector<double>().front());
}

}  // namespace banoff::onnx_import
