#include "runtime/onnx/exporter.hpp"

#include "banoff/file.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/half_precision.hpp"
#include "runtime/onnx/batch.hpp"
#include "runtime/onnx/export.hpp"

namespace banoff {

namespace onnx_export {

std::int32_t data_type_of(DType type) {
  switch (type) {
    case DType::f64: return onnx::TensorProto::DOUBLE;
    case DType::f32: return onnx::TensorProto::FLOAT;
    case DType::f16: return onnx::TensorProto::FLOAT16;
    case DType::bf16: return onnx::TensorProto::BFLOAT16;
    case DType::i64: return onnx::TensorProto::INT64;
    case DType::i32: return onnx::TensorProto::INT32;
    case DType::u8: return onnx::TensorProto::UINT8;
    case DType::boolean: break;
  }
  return onnx::TensorProto::BOOL;
}

namespace {

constexpr std::int64_t opset = 18;

onnx::AttributeProto& add(onnx::NodeProto& node, const std::string& name, onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(name);
  attribute.set_type(type);
  return attribute;
}

}  // namespace

void set(onnx::NodeProto& node, const std::string& attribute, std::int64_t value) {
  add(node, attribute, onnx::AttributeProto::INT).set_i(value);
}
void set(onnx::NodeProto& node, const std::string& attribute, double value) {
  add(node, attribute, onnx::AttributeProto::FLOAT).set_f(static_cast<float>(value));
}
void set(onnx::NodeProto& node, const std::string& attribute, const char* value) {
  add(node, attribute, onnx::AttributeProto::STRING).set_s(value);
}
void set(onnx::NodeProto& node, const std::string& attribute, const Ints& values) {
  onnx::AttributeProto& added = add(node, attribute, onnx::AttributeProto::INTS);
  for (const std::int64_t value : values) added.add_ints(value);
}

Exporter::Exporter(const Graph& graph, const std::vector<TensorType>& types)
    : graph_(graph), types_(types), larger_(types_of_larger_batch(graph, types)) {}

/// A dimension that grows with the batch is symbolic: by the batch's own name where it is as large.
void Exporter::describe(onnx::ValueInfoProto& info, const std::string& name, ValueId value) const {
  const TensorType& type = types_[static_cast<std::size_t>(value)];
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(data_type_of(type.dtype));
  auto& shape = *tensor.mutable_shape();  // there with no dimensions too: without it the rank would be unknown
  for (std::size_t i = 0; i < type.shape.rank(); ++i) {
    auto& dim = *shape.add_dim();
    const bool grows = larger_ && (*larger_)[static_cast<std::size_t>(value)].shape[i] != type.shape[i];
    if (i == 0 && type.bounded) dim.set_dim_param("count");
    else if (!grows) dim.set_dim_value(type.shape[i]);
    else dim.set_dim_param(batch_of(value, i));
  }
}

std::string Exporter::batch_of(ValueId value, std::size_t axis) const {
  for (const GraphInput& input : graph_.inputs) {
    if (input.dims.empty() || input.dims[0].symbol.empty()) continue;
    const auto size = [](const std::vector<TensorType>& types, ValueId of, std::size_t at) {
      return types[static_cast<std::size_t>(of)].shape[at];
    };
    if (size(types_, value, axis) == size(types_, input.value, 0) &&
        size(*larger_, value, axis) == size(*larger_, input.value, 0)) {
      return input.dims[0].symbol;
    }
  }
  return fmt::format("{}_{}", name(value), axis);
}

/// Inputs and outputs keep their names; an output that is an input, or one value under two names, gets an Identity.
void Exporter::name_values() {
  names_.resize(graph_.values.size());
  for (const GraphInput& input : graph_.inputs)
    names_[static_cast<std::size_t>(input.value)] = graph_.value(input.value).name;
  for (const GraphInput& input : graph_.inputs) taken_.insert(name(input.value));
  for (const GraphOutput& output : graph_.outputs) taken_.insert(output.name);
  for (const GraphOutput& output : graph_.outputs) {
    std::string& name = names_[static_cast<std::size_t>(output.value)];
    if (name.empty()) name = output.name;
  }
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty()) names_[i] = unique(graph_.values[i].name);
  }
}

onnx::ModelProto Exporter::run() {
  model_.set_ir_version(8);
  model_.set_producer_name("banoff");
  onnx::OperatorSetIdProto& operators = *model_.add_opset_import();
  operators.set_domain("");
  operators.set_version(opset);
  target().set_name(graph_.name.empty() ? "network" : graph_.name);
  name_values();
  for (const GraphInput& input : graph_.inputs) describe(*target().add_input(), name(input.value), input.value);
  for (const Node& node : graph_.nodes) {
    if (node.outputs.empty()) continue;
    try {
      const Writer writer(*this, node);
      write(writer);
      writer.finish();
    } catch (const Error& error) {
      throw Error(error.kind(), banoff::describe(node, error.what()));
    }
  }
  for (const GraphOutput& output : graph_.outputs) {
    describe(*target().add_output(), output.name, output.value);
    if (name(output.value) == output.name) continue;
    onnx::NodeProto& copy = node("Identity", output.name);
    copy.add_input(name(output.value));
    copy.add_output(output.name);
  }
  return std::move(model_);
}

std::string Exporter::unique(const std::string& wanted) {
  std::string result = wanted;
  for (int i = 2; !taken_.insert(result).second; ++i) result = fmt::format("{}_{}", wanted, i);
  return result;
}

std::string Exporter::constant(const std::string& wanted, const Tensor& tensor) {
  onnx::TensorProto& proto = *target().add_initializer();
  proto.set_name(unique(wanted));
  proto.set_data_type(data_type_of(tensor.dtype()));
  for (const std::int64_t size : tensor.shape()) proto.add_dims(size);
  proto.set_raw_data(tensor.data(), tensor.bytes());
  return proto.name();
}

onnx::NodeProto& Exporter::node(const std::string& op, const std::string& wanted_name) {
  onnx::NodeProto& node = *target().add_node();
  node.set_op_type(op);
  node.set_name(wanted_name);
  return node;
}

Writer::Writer(Exporter& exporter, const Node& node) : exporter_(exporter), node_(node) {
  const DType type = exporter.type(node.outputs.at(0)).dtype;
  wide_ = !parameters_fit(exporter.graph(), node, node.inputs.empty() ? Shape{} : shape(), type);
  for (const ValueId input : node.inputs) {
    ins_.push_back(exporter.name(input));
    if (wide_ && exporter.type(input).dtype == type)
      cast(exporter.name(input), ins_.back() = fresh("wide"), DType::f32);
  }
  for (const ValueId output : node.outputs) outs_.push_back(wide_ ? fresh("narrowed") : exporter.name(output));
}

void Writer::finish() const {
  for (std::size_t i = 0; wide_ && i < outs_.size(); ++i) {
    cast(outs_[i], exporter_.name(node_.outputs[i]), exporter_.type(node_.outputs[i]).dtype);
  }
}

void Writer::cast(const std::string& from, const std::string& to, DType type) const {
  onnx::NodeProto& node = exporter_.node("Cast", exporter_.unique(fmt::format("{}.cast", from)));
  node.add_input(from);
  node.add_output(to);
  set(node, "to", std::int64_t{data_type_of(type)});
}

const Tensor& Writer::tensor(Slot slot) const {
  const Tensor* found = exporter_.graph().param(node_, slot);
  if (!found) fail_internal("no {}", slot_name(slot));
  return *found;
}

std::string Writer::constant(std::string_view suffix, const Tensor& tensor) const {
  return exporter_.constant(fmt::format("{}.{}", node_.name, suffix), tensor);
}
std::string Writer::param(Slot slot) const { return constant(slot_name(slot), tensor(slot).as(dtype())); }

std::string Writer::param_along(Slot slot, std::size_t axis) const {
  const Tensor values = tensor(slot).as(dtype());
  Shape broadcast{values.elements()};
  for (std::size_t i = axis + 1; i < shape().rank(); ++i) broadcast.push_back(1);
  return constant(slot_name(slot), values.reshaped(broadcast));
}

std::string Writer::numbers(std::string_view suffix, const Ints& values) const {
  return constant(suffix, Tensor::of<std::int64_t>({std::ssize(values)}, values));
}
std::string Writer::number(std::string_view suffix, double value) const {
  return constant(suffix, Tensor::of<double>({}, {value}).as(dtype()));
}

std::string Writer::fresh(std::string_view suffix) const {
  return exporter_.unique(fmt::format("{}.{}", node_.name, suffix));
}

onnx::NodeProto& Writer::emit(const std::string& op, const std::vector<std::string>& inputs,
                              const std::string& to) const {
  onnx::NodeProto& node = exporter_.node(op, to.empty() ? node_.name : to);
  for (const std::string& input : inputs) node.add_input(input);
  node.add_output(to.empty() ? out() : to);
  return node;
}

std::string Writer::step(const std::string& op, const std::vector<std::string>& inputs, std::string_view suffix) const {
  const std::string name = fresh(suffix);
  (void)emit(op, inputs, name);
  return name;
}

}  // namespace onnx_export

void save_onnx(const std::filesystem::path& file, const Graph& graph, const std::vector<TensorType>& types) {
  std::size_t bytes = 0;
  for (const Param& param : graph.params) bytes += param.value.bytes();
  constexpr std::size_t most = (std::size_t{1} << 31) - (std::size_t{1} << 24);
  if (bytes > most) fail_input("{} bytes of weights, and an ONNX file holds at most 2 GiB", bytes);
  std::string text;
  if (!onnx_export::Exporter(graph, types).run().SerializeToString(&text)) fail_internal("ONNX: cannot be serialised");
  write_file_atomically(file, text);
}

}  // namespace banoff
