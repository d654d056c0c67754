#include "runtime/onnx/exporter.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/graph/half_precision.hpp"
#include "runtime/onnx/element_type.hpp"

namespace banoff {

namespace onnx_export {

namespace {

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
void set(onnx::NodeProto& node, const std::string& attribute, const std::vector<double>& values) {
  onnx::AttributeProto& added = add(node, attribute, onnx::AttributeProto::FLOATS);
  for (const double value : values) added.add_floats(static_cast<float>(value));
}
void set(onnx::NodeProto& node, const std::string& attribute, const std::vector<std::string>& values) {
  onnx::AttributeProto& added = add(node, attribute, onnx::AttributeProto::STRINGS);
  for (const std::string& value : values) added.add_strings(value);
}

Exporter::Exporter(const Graph& graph, const std::vector<TensorType>& types, const std::vector<Elsewhere>& elsewhere,
                   Purpose purpose)
    : graph_(graph),
      types_(types),
      elsewhere_(elsewhere),
      purpose_(purpose),
      grids_(grids_of(graph)),
      readers_(graph),
      opset_(target_opset()) {}

const Node* Exporter::gates_of(const Node& recurrent) const {
  if (recurrent.as<Recurrent>() == nullptr) return nullptr;
  const NodeId producer = graph_.value(recurrent.inputs.at(0)).producer;
  const Node* node = producer == none ? nullptr : &graph_.node(producer);
  return node != nullptr && is_within_reader(*node) ? node : nullptr;
}

bool Exporter::is_within_reader(const Node& node) const {
  if (node.as<Dense>() == nullptr) return false;
  const NodeId reader = readers_.only(node.outputs[0]);
  return reader != none && graph_.node(reader).as<Recurrent>() != nullptr;
}

bool Exporter::is_open(ValueId value, std::size_t axis) const {
  const auto other = [&](const Elsewhere& there) {
    return there.types[static_cast<std::size_t>(value)].shape[axis] != type(value).shape[axis];
  };
  return std::ranges::any_of(elsewhere_, other);
}

bool Exporter::open_behind_batch(ValueId value) const {
  for (std::size_t axis = 1; axis < type(value).shape.rank(); ++axis) {
    if (is_open(value, axis)) return true;
  }
  return false;
}

/// A dimension that is not the same everywhere is symbolic: by an input's symbol where it is always as large.
void Exporter::describe(onnx::ValueInfoProto& info, const std::string& name, ValueId value) const {
  const TensorType& here = type(value);
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(onnx_types[here.dtype]);
  auto& shape = *tensor.mutable_shape();  // there with no dimensions too: without it the rank would be unknown
  for (std::size_t i = 0; i < here.shape.rank(); ++i) {
    auto& dim = *shape.add_dim();
    if (i == 0 && here.bounded) dim.set_dim_param("count");
    else if (!is_open(value, i)) dim.set_dim_value(here.shape[i]);
    else dim.set_dim_param(symbol_of(value, i));
  }
}

std::string Exporter::symbol_of(ValueId value, std::size_t axis) const {
  const auto size = [](const std::vector<TensorType>& types, ValueId of, std::size_t at) {
    return types[static_cast<std::size_t>(of)].shape[at];
  };
  for (const GraphInput& input : graph_.inputs) {
    for (std::size_t i = 0; i < input.dims.size(); ++i) {
      if (input.dims[i].symbol.empty() || input.dims[i].bounded) continue;
      const auto as_large = [&](const std::vector<TensorType>& types) {
        return size(types, value, axis) == size(types, input.value, i);
      };
      const auto there = [&](const Elsewhere& each) { return as_large(each.types); };
      if (as_large(types_) && std::ranges::all_of(elsewhere_, there)) return input.dims[i].symbol;
    }
  }
  return fmt::format("{}_{}", name(value), axis);
}

/// Inputs and outputs keep their names; an output that is an input, or one value under two names, gets an Identity.
void Exporter::name_values() {
  names_.resize(graph_.values.size());
  for (const GraphInput& input : graph_.inputs)
    names_[static_cast<std::size_t>(input.value)] = graph_.value(input.value).name;
  for (const GraphInput& input : graph_.inputs) taken_.take(name(input.value));
  for (const GraphOutput& output : graph_.outputs) taken_.take(output.name);
  for (const GraphOutput& output : graph_.outputs) {
    std::string& name = names_[static_cast<std::size_t>(output.value)];
    if (name.empty()) name = output.name;
  }
  name_carried();
  for (std::size_t i = 0; i < names_.size(); ++i) {
    if (names_[i].empty()) names_[i] = unique(graph_.values[i].name);
  }
}

onnx::ModelProto Exporter::run() {
  model_.set_producer_name("banoff");
  onnx::OperatorSetIdProto& operators = *model_.add_opset_import();
  operators.set_domain("");
  operators.set_version(opset_);
  target().set_name(graph_.name.empty() ? "network" : graph_.name);
  name_values();
  for (const GraphInput& input : graph_.inputs) {
    describe(*target().add_input(), name(input.value), input.value);
    if (input.default_value) store(name(input.value), input.default_value);
  }
  for (const Node& node : graph_.live()) {
    if (is_within_reader(node)) continue;
    try {
      write_node(node);
    } catch (const Error& error) {
      throw Error(error.kind(), banoff::describe(node, error.what()));
    }
  }
  for (const GraphOutput& output : graph_.outputs) {
    describe_output(output);
    if (name(output.value) == output.name) continue;
    onnx::NodeProto& copy = node("Identity", output.name);
    copy.add_input(name(output.value));
    copy.add_output(output.name);
  }
  finish_carried();
  return std::move(model_);
}

void Exporter::write_node(const Node& node) {
  const Writer writer(*this, node);
  write(writer);
  writer.finish();
}

std::vector<NodeId> Exporter::refused() {
  name_values();
  std::vector<NodeId> refused;
  for (const NodeId id : graph_.live_ids()) {
    if (is_within_reader(graph_.node(id))) continue;
    try {
      write_node(graph_.node(id));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input) throw;
      refused.push_back(id);
    }
  }
  return refused;
}

std::string Exporter::unique(const std::string& wanted) { return taken_.made(wanted); }

std::string Exporter::constant(const std::string& wanted, const Tensor& tensor) {
  const auto [known, added] = constants_.try_emplace({tensor.data(), tensor.dtype(), tensor.shape().vec()});
  if (!added) return known->second;
  known->second = unique(wanted);
  held_.push_back(tensor);
  store(known->second, tensor);
  return known->second;
}

bool Exporter::is_constant(ValueId value, const Tensor& tensor) {
  if (graph_.is_output(value)) return false;
  std::string& name = names_[static_cast<std::size_t>(value)];
  const auto [known, added] = constants_.try_emplace({tensor.data(), tensor.dtype(), tensor.shape().vec()}, name);
  if (added) held_.push_back(tensor), store(name, tensor);
  name = known->second;
  return true;
}

void Exporter::store(const std::string& name, const Tensor& tensor) {
  onnx::TensorProto& proto = *target().add_initializer();
  proto.set_name(name);
  proto.set_data_type(onnx_types[tensor.dtype()]);
  for (const std::int64_t size : tensor.shape()) proto.add_dims(size);
  const std::string_view bytes(reinterpret_cast<const char*>(tensor.data()), tensor.bytes());
  constexpr std::size_t small = 64;
  if (purpose_ == Purpose::file || bytes.size() <= small) proto.set_raw_data(bytes.data(), bytes.size());
  else proto.set_raw_data(fmt::format("{:x}", std::hash<std::string_view>{}(bytes)));
}

onnx::NodeProto& Exporter::node(const std::string& op, const std::string& wanted_name) {
  onnx::NodeProto& node = *target().add_node();
  node.set_op_type(op);
  node.set_name(wanted_name);
  return node;
}

Writer::Writer(Exporter& exporter, const Node& node)
    : exporter_(exporter), node_(node), gates_(exporter.gates_of(node)) {
  const DType type = exporter.type(node.outputs.at(0)).dtype;
  std::vector<ValueId> inputs = node.inputs;
  if (gates_ != nullptr) inputs[0] = gates_->inputs[0];
  const auto fit = [&](const Node& each) {
    return parameters_fit(exporter.graph(), each, inputs.empty() ? Shape{} : exporter.type(inputs[0]).shape, type);
  };
  wide_ = !fit(node) || (gates_ != nullptr && !fit(*gates_));
  for (const ValueId input : inputs) {
    ins_.push_back(exporter.name(input));
    if (wide_ && exporter.type(input).dtype == type)
      cast(exporter.name(input), ins_.back() = fresh("wide"), DType::f32);
  }
  for (std::size_t i = 0; i < node.outputs.size(); ++i) {
    outs_.push_back(wide_ ? fresh("narrowed") : moves_on_grid(i) ? fresh("moved") : exporter.name(node.outputs[i]));
  }
}

void Writer::finish() const {
  for (std::size_t i = 0; i < outs_.size(); ++i) {
    const std::string& name = exporter_.name(node_.outputs[i]);
    if (wide_) cast(outs_[i], name, exporter_.type(node_.outputs[i]).dtype);
    else if (moves_on_grid(i)) put_on_grid(outs_[i], name, *exporter_.grid(node_.outputs[i]));
  }
}

void Writer::cast(const std::string& from, const std::string& to, DType type) const {
  onnx::NodeProto& node = exporter_.node("Cast", exporter_.unique(fmt::format("{}.cast", from)));
  node.add_input(from);
  node.add_output(to);
  set(node, "to", std::int64_t{onnx_types[type]});
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

std::optional<std::string> Writer::spatial_sizes_like_input_1() const {
  if (node_.inputs.size() < 2 || !exporter_.open_behind_batch(node_.inputs[1])) return std::nullopt;
  const std::string name = fresh("sizes");
  set(emit("Shape", {in(1)}, name), "start", std::int64_t{2});
  return name;
}

std::string Writer::shape_to_return_to() const {
  if (open_behind_batch()) return step("Shape", {in()}, "shape");
  Ints sizes = shape().vec();
  sizes[0] = 0;  // as many as there are
  return numbers("shape", sizes);
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

}  // namespace banoff
