#include "runtime/onnx/model_file.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <limits>

#include "runtime/core/fail.hpp"
#include "runtime/load/mapped_file.hpp"
#include "runtime/onnx/node_order.hpp"

namespace banoff::onnx_import {

onnx::ModelProto read_model(const std::filesystem::path& file) {
  const MappedFile mapped(file);
  const std::span<const std::byte> bytes = mapped.bytes();
  if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    fail_input("{}: {} bytes; an ONNX file holds at most 2 GiB, with larger weights beside it", file.string(),
               bytes.size());
  }
  const auto size = static_cast<int>(bytes.size());
  google::protobuf::io::ArrayInputStream array(bytes.data(), size);
  google::protobuf::io::CodedInputStream coded(&array);
  coded.SetTotalBytesLimit(size);
  onnx::ModelProto model;
  if (!model.ParseFromCodedStream(&coded) || !coded.ConsumedEntireMessage() || !model.has_graph()) {
    fail_input("{}: not an ONNX model (damaged or cut off?)", file.string());
  }
  sort_nodes(*model.mutable_graph());
  return model;
}

}  // namespace banoff::onnx_import
