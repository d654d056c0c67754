// A model from one file to another, as it is.
#include <limits>
#include <string>

#include "banoff/file.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/known.hpp"
#include "runtime/onnx/model_file.hpp"

namespace banoff {

namespace {

using onnx_import::KnownTensors;

bool is_outside(const onnx::TensorProto& tensor) { return tensor.data_location() == onnx::TensorProto::EXTERNAL; }

/// Takes data from other files into the message; whether there was some.
bool take_in(onnx::GraphProto& graph, KnownTensors& known) {
  bool any = false;
  const auto take = [&](onnx::TensorProto& tensor) {
    if (!is_outside(tensor)) return;
    tensor = known.with_data_inside(std::move(tensor));
    any = true;
  };
  for (onnx::TensorProto& tensor : *graph.mutable_initializer()) take(tensor);
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      if (attribute.has_t()) take(*attribute.mutable_t());
      if (attribute.has_g()) any = take_in(*attribute.mutable_g(), known) || any;
      for (onnx::GraphProto& inner : *attribute.mutable_graphs()) any = take_in(inner, known) || any;
    }
  }
  return any;
}

}  // namespace

void copy_onnx(const std::filesystem::path& from, const std::filesystem::path& to) {
  onnx::ModelProto model = onnx_import::read_model(from);
  KnownTensors known(from, std::numeric_limits<std::int32_t>::max());
  if (!take_in(*model.mutable_graph(), known)) {
    const MappedFile bytes(from);
    return write_file_atomically(
        to, std::string_view(reinterpret_cast<const char*>(bytes.bytes().data()), bytes.bytes().size()));
  }
  std::string text;
  if (model.ByteSizeLong() > static_cast<std::size_t>(std::numeric_limits<int>::max()) ||
      !model.SerializeToString(&text)) {
    fail_input("{}: more than the 2 GiB that an ONNX file holds", to.string());
  }
  write_file_atomically(to, text);
}

}  // namespace banoff
