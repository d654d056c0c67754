// Other people's networks: an ONNX file as a graph.
#pragma once

#include <filesystem>

#include "runtime/load/load.hpp"

namespace banoff {

/// Whether this build reads ONNX files.
[[nodiscard]] bool reads_onnx() noexcept;

/// Reads an ONNX network (opset 7 and later). Sizes are fixed here: symbolic ones by the bindings, a first dimension
/// without a size is 1, or what the bindings call N. Whatever has only known inputs is computed by `evaluate`.
/// Throws bad_input that lists every node that cannot be taken over, with its op, opset and reason.
[[nodiscard]] LoadedModel load_onnx(const std::filesystem::path& file, const NodeExecutor& evaluate,
                                    const Bindings& bindings = {}, const LoadLimits& limits = {});

}  // namespace banoff
