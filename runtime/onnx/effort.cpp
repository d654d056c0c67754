#include "runtime/onnx/effort.hpp"

#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/graph/flops.hpp"

namespace banoff::onnx_import {

void Effort::add_file(std::size_t bytes) {
  constexpr std::int64_t steps_per_byte = 1024;
  most_ = checked_add(most_, checked_mul(static_cast<std::int64_t>(bytes), steps_per_byte));
}

void Effort::spend(std::int64_t steps) {
  if (steps > most_ - spent_) {
    fail_input("constants would take more than {} million steps to compute, the limit for this model",
               most_ / 1'000'000);
  }
  spent_ += steps;
}

void Effort::spend_on_elements(std::int64_t elements) {
  constexpr std::int64_t steps_per_element = 8;
  spend(checked_mul(elements, steps_per_element));
}

std::int64_t steps_of(const Node& node, std::span<const TensorType> inputs, std::span<const TensorType> outputs) {
  // Each score's box is compared with those that were kept.
  if (const auto* select = node.as<SelectBoxes>()) {
    const Shape& scores = inputs[1].shape;
    return checked_mul(checked_mul(scores.elements(), std::min(select->max, scores.back())), 8);
  }
  return flops(node, inputs, outputs);
}

}  // namespace banoff::onnx_import
