// Tensors of an ONNX file.
#pragma once

#include <onnx/onnx_pb.h>

#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

/// The element type that ONNX means by `data_type`. Throws bad_input for types that nothing here computes with
/// (strings, complex numbers, 8-bit floats, …).
[[nodiscard]] DType dtype_of_onnx(std::int32_t data_type);

/// What keeps such a type from being one of ours, in words.
[[nodiscard]] std::string why_unsupported(std::int32_t data_type);

/// The tensor, checked against its own sizes. `raw` is the data that was taken out of the message, or null.
[[nodiscard]] Known tensor_of(const onnx::TensorProto& proto, KnownTensors& known,
                              const std::shared_ptr<const std::string>& raw = nullptr);

/// A tensor of one value everywhere.
[[nodiscard]] Tensor filled(const Shape& shape, double value, DType type);

/// The tensor with its dimensions in another order: dimension i of `value` is dimension to[i] of the result.
[[nodiscard]] Tensor permuted(const Tensor& value, const std::vector<std::int64_t>& to);

}  // namespace banoff::onnx_import
