// Transposes of networks that came from NHWC frameworks.
#pragma once

#include "runtime/graph/signature.hpp"
#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

/// Moves transposes behind the ops that work in any order of dimensions, where they meet their inverses and are gone.
/// One that meets none stands before the first op that cares.
[[nodiscard]] Graph without_transposes(const Graph& graph, KnownTensors& known);

}  // namespace banoff::onnx_import
