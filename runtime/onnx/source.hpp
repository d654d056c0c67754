// A file as every reading of it begins.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "runtime/load/load.hpp"
#include "runtime/onnx/known.hpp"

namespace banoff::onnx_import {

struct Source {
  onnx::ModelProto model;
  std::filesystem::path file;
  std::int64_t opset = 0;  ///< of ONNX's own operators; 0 where the model uses none
  std::vector<std::pair<std::string, Known>> initializers;
  /// Initializers of types that nothing here computes with, and sparse ones.
  std::vector<onnx::TensorProto> foreign_initializers;
  std::vector<onnx::SparseTensorProto> sparse_initializers;
  /// The model without its nodes and weights: what carried nodes need of it where they are written again.
  std::shared_ptr<const onnx::ModelProto> shell;
  NodeExecutor evaluate;
  LoadLimits limits;
  std::size_t bytes = 0;  ///< of the model's files
};

/// The function of the model that the node calls, or null.
[[nodiscard]] const onnx::FunctionProto* function_of(const onnx::ModelProto& model, const onnx::NodeProto& node);

}  // namespace banoff::onnx_import
