// A network as an ONNX file, for whatever runs ONNX.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "runtime/graph/signature.hpp"

namespace banoff {

/// Writes the network with its weights, in operators of opset 18. What has no single operator there is written out in
/// several: per-channel clamps and kinks, padding values, channel shuffles. Open sizes stay open where the file says
/// the same of all of them; the others are written as in `types` and returned, by symbol with the reason. The file
/// appears whole or not at all. Throws bad_input naming a node that has no ONNX form, or more than 2 GiB of weights.
std::map<std::string, std::string> save_onnx(const std::filesystem::path& file, const Graph& graph,
                                             const std::vector<TensorType>& types);

/// The nodes that save_onnx() would refuse.
[[nodiscard]] std::vector<NodeId> without_onnx_form(const Graph& graph, const std::vector<TensorType>& types);

/// Writes the ONNX model in `from` to `to` as it is, data that it keeps in other files inside it. Throws bad_input
/// where that would be more than the 2 GiB that an ONNX file holds.
void copy_onnx(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace banoff
