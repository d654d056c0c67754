// Weights that a DequantizeLinear makes of constants: floats, and the steps that they are multiples of.
#pragma once

#include "runtime/onnx/scope.hpp"

namespace banoff::onnx_import {

/// The grid of (numbers - zeros) scale, with zeros and scale along `axis` where they are several; null where the
/// layers' weights cannot lie on it: of a type of other than 8 bits, or with differences beyond 127.
[[nodiscard]] std::shared_ptr<const WeightGrid> weight_grid(KnownTensors& known, const Known& numbers,
                                                            const Known& scale, const Known* zeros, std::size_t axis);

/// The grid's steps, one for each place along the weight's `axis`; nothing where it has none along that axis.
[[nodiscard]] std::optional<Known> weight_scale_of(KnownTensors& known, const Operand& weight, std::size_t axis);

}  // namespace banoff::onnx_import
