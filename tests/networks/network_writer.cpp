#include "tests/networks/network_writer.hpp"

#include <algorithm>

#include "runtime/core/half.hpp"

namespace banoff::test {

std::vector<double> Draws::normals(std::int64_t count, double deviation) {
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = normal(deviation);
  return values;
}

NetworkWriter::NetworkWriter(NetworkFloat type, std::int64_t opset) : type_(type) {
  model_.set_ir_version(8);
  model_.add_opset_import()->set_version(opset);
  model_.mutable_graph()->set_name("random");
}

std::int32_t NetworkWriter::type() const {
  switch (type_) {
    case NetworkFloat::f16: return onnx::TensorProto::FLOAT16;
    case NetworkFloat::bf16: return onnx::TensorProto::BFLOAT16;
    case NetworkFloat::f32: break;
  }
  return onnx::TensorProto::FLOAT;
}

void NetworkWriter::describe(onnx::ValueInfoProto& info, const std::string& name) const {
  info.set_name(name);
  info.mutable_type()->mutable_tensor_type()->set_elem_type(type());
}

NetworkValue NetworkWriter::input(const std::string& name, const Shape& shape, bool symbolic_batch) {
  onnx::ValueInfoProto& info = *model_.mutable_graph()->add_input();
  describe(info, name);
  auto& dims = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    auto& dim = *dims.add_dim();
    if (i == 0 && symbolic_batch) dim.set_dim_param("N");
    else dim.set_dim_value(shape[i]);
  }
  return {name, shape};
}

void NetworkWriter::output(const NetworkValue& value) {
  onnx::ValueInfoProto& info = *model_.mutable_graph()->add_output();
  describe(info, value.name);
  auto& dims = *info.mutable_type()->mutable_tensor_type()->mutable_shape();
  for (std::size_t i = 0; i < value.shape.rank(); ++i) (void)dims.add_dim();  // of any size
}

std::string NetworkWriter::constant(const Shape& shape, const std::vector<double>& values) {
  if (type_ == NetworkFloat::f32) return constant32(shape, values);
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(fresh("half"));
  tensor.set_data_type(type());
  for (const std::int64_t size : shape) tensor.add_dims(size);
  for (const double value : values) {
    const auto narrow = static_cast<float>(value);
    tensor.add_int32_data(type_ == NetworkFloat::f16 ? to_f16(narrow).bits : to_bf16(narrow).bits);
  }
  return tensor.name();
}

std::string NetworkWriter::constant32(const Shape& shape, const std::vector<double>& values) {
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(fresh("number"));
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : shape) tensor.add_dims(size);
  for (const double value : values) tensor.add_float_data(static_cast<float>(value));
  return tensor.name();
}

std::string NetworkWriter::integers(const std::vector<std::int64_t>& values) {
  onnx::TensorProto& tensor = *model_.mutable_graph()->add_initializer();
  tensor.set_name(fresh("integers"));
  tensor.set_data_type(onnx::TensorProto::INT64);
  tensor.add_dims(std::ssize(values));
  for (const std::int64_t value : values) tensor.add_int64_data(value);
  return tensor.name();
}

NetworkValue NetworkWriter::node(const std::string& op, const std::vector<std::string>& inputs, const Shape& shape) {
  return node(op, inputs, std::vector<Shape>{shape}).front();
}

std::vector<NetworkValue> NetworkWriter::node(const std::string& op, const std::vector<std::string>& inputs,
                                              const std::vector<Shape>& shapes) {
  onnx::NodeProto& made = *model_.mutable_graph()->add_node();
  made.set_op_type(op);
  for (const std::string& input : inputs) made.add_input(input);
  std::vector<NetworkValue> outputs;
  for (const Shape& shape : shapes) {
    outputs.push_back({fresh(op), shape});
    made.add_output(outputs.back().name);
  }
  made.set_name(outputs.front().name);
  return outputs;
}

onnx::AttributeProto& NetworkWriter::attribute(const std::string& name, onnx::AttributeProto::AttributeType type) {
  auto& nodes = *model_.mutable_graph()->mutable_node();
  onnx::AttributeProto& added = *nodes[nodes.size() - 1].add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}

NetworkWriter& NetworkWriter::with(const std::string& name, const std::vector<std::int64_t>& values) {
  onnx::AttributeProto& added = attribute(name, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) added.add_ints(value);
  return *this;
}
NetworkWriter& NetworkWriter::with(const std::string& name, std::int64_t value) {
  attribute(name, onnx::AttributeProto::INT).set_i(value);
  return *this;
}
NetworkWriter& NetworkWriter::with(const std::string& name, double value) {
  attribute(name, onnx::AttributeProto::FLOAT).set_f(static_cast<float>(value));
  return *this;
}
NetworkWriter& NetworkWriter::with(const std::string& name, const char* value) {
  attribute(name, onnx::AttributeProto::STRING).set_s(value);
  return *this;
}

}  // namespace banoff::test
