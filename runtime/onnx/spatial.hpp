// Attributes that windowed operators share.
#pragma once

#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

/// One number per spatial dimension, 1 where the attribute is left out.
[[nodiscard]] inline Spatial spatial(Call& call, std::string_view name, std::size_t rank) {
  Ints values = call.attributes.integers(name).value_or(Ints(rank, 1));
  if (values.size() != rank) fail_input("{} has {} values, {} expected", name, values.size(), rank);
  for (const std::int64_t value : values) {
    if (value < 1) fail_input("{} holds {}, expected at least 1", name, value);
  }
  return Spatial(std::move(values));
}

/// The kernel's size: the weight's spatial dimensions, which kernel_shape may repeat.
[[nodiscard]] inline Ints kernel_of(Call& call, const Shape& weight) {
  const Ints kernel(weight.begin() + 2, weight.end());
  const Ints given = call.attributes.integers("kernel_shape").value_or(kernel);
  if (given != kernel) fail_input("kernel_shape is not that of the weight");
  return kernel;
}

/// pads (all begins, then all ends), or auto_pad.
[[nodiscard]] inline Padding padding_of(Call& call, std::size_t rank) {
  Padding padding;
  const Ints pads = call.attributes.integers("pads").value_or(Ints(2 * rank, 0));
  const std::string automatic = call.attributes.text("auto_pad", "NOTSET");
  if (automatic == "SAME_UPPER") padding.mode = Padding::Mode::same;
  else if (automatic == "SAME_LOWER") padding.mode = Padding::Mode::same_lower;
  else if (automatic != "NOTSET" && automatic != "VALID") fail_input("auto_pad = {} is not supported", automatic);
  if (automatic != "NOTSET") return padding;
  if (pads.size() != 2 * rank) fail_input("pads has {} values, {} expected", pads.size(), 2 * rank);
  for (const std::int64_t pad : pads) {
    if (pad < 0) fail_input("pads holds {}: negative padding is not supported here", pad);
  }
  const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(rank);
  padding.begin = Spatial(Ints(pads.begin(), middle));
  padding.end = Spatial(Ints(middle, pads.end()));
  return padding;
}

}  // namespace banoff::onnx_import
