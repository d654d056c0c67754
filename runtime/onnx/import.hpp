// Other people's networks: an ONNX file as a graph.
#pragma once

#include <filesystem>

#include "runtime/load/load.hpp"

namespace banoff {

/// Whether this build reads ONNX files.
[[nodiscard]] bool reads_onnx() noexcept;

/// Reads an ONNX network (opset 7 and later). A size that the file leaves open is taken from the bindings, else a
/// likely one is assumed; it stays open where the network says the same of every size, and `at` reads it anew where it
/// does not. Whatever has only known inputs is computed by `evaluate`. Throws bad_input that lists every node that
/// cannot be taken over, with its op, opset and reason.
[[nodiscard]] LoadedModel load_onnx(const std::filesystem::path& file, const NodeExecutor& evaluate,
                                    const Bindings& bindings = {}, const LoadLimits& limits = {});

}  // namespace banoff
