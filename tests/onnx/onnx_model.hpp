// ONNX models made in a test, a line per part.
#pragma once

#include <onnx/onnx_pb.h>

#include <string>
#include <vector>

#include "banoff/session.hpp"
#include "tests/files.hpp"

namespace banoff::test {

class OnnxModel {
 public:
  explicit OnnxModel(std::int64_t opset = 13) {
    model_.set_ir_version(8);
    model_.add_opset_import()->set_version(opset);
    graph().set_name("made");
  }

  onnx::ModelProto& proto() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// Sizes of -1 are symbolic, called like the input and their place.
  OnnxModel& input(const std::string& name, const std::vector<std::int64_t>& shape) {
    describe(*graph().add_input(), name, shape);
    return *this;
  }
  OnnxModel& output(const std::string& name) {
    describe(*graph().add_output(), name, {});
    return *this;
  }
  OnnxModel& weight(const std::string& name, const std::vector<std::int64_t>& shape, const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : shape) tensor.add_dims(size);
    for (const float value : values) tensor.add_float_data(value);
    return *this;
  }
  OnnxModel& integers(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(std::ssize(values));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
    return *this;
  }
  onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs) {
    onnx::NodeProto& added = *graph().add_node();
    added.set_op_type(op);
    added.set_name(outputs.front());
    for (const std::string& name : inputs) added.add_input(name);
    for (const std::string& name : outputs) added.add_output(name);
    return added;
  }

  [[nodiscard]] std::string bytes() const { return model_.SerializeAsString(); }
  std::filesystem::path write(const TemporaryFolder& folder, const std::string& name = "made.onnx") const {
    return folder.write(name, bytes());
  }

 private:
  static void describe(onnx::ValueInfoProto& info, const std::string& name, const std::vector<std::int64_t>& shape) {
    info.set_name(name);
    auto& tensor = *info.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (std::size_t i = 0; i < shape.size(); ++i) {
      auto& dim = *tensor.mutable_shape()->add_dim();
      if (shape[i] < 0) dim.set_dim_param(name + std::to_string(i));
      else dim.set_dim_value(shape[i]);
    }
  }

  onnx::ModelProto model_;
};

inline onnx::AttributeProto& add_attribute(onnx::NodeProto& node, const std::string& name,
                                           onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}
inline void set_integer(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  add_attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}
inline void set_number(onnx::NodeProto& node, const std::string& name, float value) {
  add_attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}
inline void set_word(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  add_attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}
inline void set_attribute(onnx::NodeProto& node, const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& attribute = add_attribute(node, name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) attribute.add_ints(value);
}

/// A graph that a node has as an attribute.
inline onnx::GraphProto& subgraph(onnx::NodeProto& node, const std::string& attribute) {
  return *add_attribute(node, attribute, onnx::AttributeProto::GRAPH).mutable_g();
}

inline onnx::NodeProto& add_inner(onnx::GraphProto& graph, const std::string& op,
                                  const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  onnx::NodeProto& node = *graph.add_node();
  node.set_op_type(op);
  for (const std::string& name : inputs) node.add_input(name);
  for (const std::string& name : outputs) node.add_output(name);
  return node;
}

/// A conv, a batch norm far from the identity and a ReLU on 1x2x5x5.
inline OnnxModel small_onnx() {
  OnnxModel model;
  model.input("x", {1, 2, 5, 5}).output("y");
  std::vector<float> weight(3 * 2 * 9);
  for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = 0.1F * static_cast<float>(i % 7) - 0.3F;
  model.weight("w", {3, 2, 3, 3}, weight);
  model.weight("gamma", {3}, {-1.5F, 0.7F, 2}).weight("beta", {3}, {0.5F, -1, 0.2F});
  model.weight("mean", {3}, {0.4F, -2, 1}).weight("var", {3}, {0.1F, 4, 1.5F});
  onnx::NodeProto& conv = model.node("Conv", {"x", "w"}, {"conv"});
  set_attribute(conv, "pads", {1, 1, 1, 1});
  set_attribute(conv, "kernel_shape", {3, 3});
  model.node("BatchNormalization", {"conv", "gamma", "beta", "mean", "var"}, {"norm"});
  model.node("Relu", {"norm"}, {"y"});
  return model;
}

/// Loads a network that is to be run: what cannot be taken over is an error.
inline void load_to_run(const std::filesystem::path& file, const LoadOptions& options = {}) {
  (void)CompiledModel::compile(Model::load(file, options), {.name = "reference"});
}

}  // namespace banoff::test
