// A network as an ONNX file, for whatever runs ONNX.
#pragma once

#include <filesystem>

#include "runtime/graph/signature.hpp"

namespace banoff {

/// Writes the network with its weights, at the sizes of `types`, in operators of opset 18. What has no single operator
/// there is written out in several: per-channel clamps and kinks, padding values, channel shuffles. The file appears
/// whole or not at all. Throws bad_input naming a node that has no ONNX form, or more than 2 GiB of weights.
void save_onnx(const std::filesystem::path& file, const Graph& graph, const std::vector<TensorType>& types);

}  // namespace banoff
