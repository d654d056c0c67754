// The bytes of an ONNX file as its schema's message.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>

namespace banoff::onnx_import {

/// The model, its nodes sorted. Throws bad_input for a file that cannot be read, is no ONNX model, or has no graph.
[[nodiscard]] onnx::ModelProto read_model(const std::filesystem::path& file);

}  // namespace banoff::onnx_import
