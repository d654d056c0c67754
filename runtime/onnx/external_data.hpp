// Data that a model keeps in files beside its own.
#pragma once

#include <onnx/onnx_pb.h>

#include <filesystem>
#include <map>
#include <memory>
#include <span>

#include "runtime/load/mapped_file.hpp"

namespace banoff::onnx_import {

/// Reads such files from the model's folder alone: a model must not read what it is not given. Where the model is a
/// link (a hub's cache keeps links into a folder of blobs), the folder of the file it leads to counts as well.
class ExternalData {
 public:
  explicit ExternalData(std::filesystem::path model) : model_(std::move(model)) {}

  struct Bytes {
    std::shared_ptr<const MappedFile> file;  ///< keeps `bytes` alive
    std::span<const std::byte> bytes;
    bool first = false;  ///< nothing was read from the file before
  };
  /// What the tensor says of location, offset and length. Throws bad_input for a path that is absolute, goes up or
  /// leads elsewhere by a link, and for bytes that the file does not have.
  [[nodiscard]] Bytes bytes_of(const onnx::TensorProto& proto);

 private:
  [[nodiscard]] std::filesystem::path file_at(const std::string& location) const;

  std::filesystem::path model_;
  std::map<std::filesystem::path, std::shared_ptr<const MappedFile>> files_;
};

}  // namespace banoff::onnx_import
