// Integers between a QuantizeLinear and a DequantizeLinear of the same numbers, brought back to the floats they stand
// for.
#pragma once

#include "runtime/graph/graph.hpp"

namespace banoff::onnx_import {

/// A quantize and the dequantizes behind it become one fake_quantize where they have the same numbers, also where what
/// is between them only moves integers: then it moves floats. What is on a grid already is not put on it again.
[[nodiscard]] Graph with_grids(const Graph& graph);

}  // namespace banoff::onnx_import
