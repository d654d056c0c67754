#include "runtime/graph/graph.hpp"

#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/graph/copy.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff {

namespace {
std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }
}  // namespace

ParamId Node::param(Slot slot) const {
  const auto found = std::ranges::find(params, slot, &std::pair<Slot, ParamId>::first);
  return found == params.end() ? none : found->second;
}

ValueId Graph::add_input(std::string input_name, DType dtype, std::vector<Dim> dims) {
  const auto id = static_cast<ValueId>(values.size());
  values.push_back({std::move(input_name), none});
  inputs.push_back({id, dtype, std::move(dims)});
  return id;
}

NodeId Graph::add_node(Node added, std::size_t count) {
  const auto id = static_cast<NodeId>(nodes.size());
  added.outputs.clear();
  for (std::size_t i = 0; i < count; ++i) {
    added.outputs.push_back(static_cast<ValueId>(values.size()));
    values.push_back({count == 1 ? added.name : fmt::format("{}[{}]", added.name, i), id});
  }
  nodes.push_back(std::move(added));
  return id;
}

ParamId Graph::add_param(std::string param_name, Tensor value) {
  params.push_back({std::move(param_name), std::move(value)});
  return static_cast<ParamId>(params.size() - 1);
}

const Tensor* Graph::param(const Node& node, Slot slot) const {
  const ParamId id = node.param(slot);
  return id == none ? nullptr : &params[index(id)].value;
}

NodeId Graph::find(std::string_view node_name) const {
  for (const NodeId id : live_ids()) {
    if (node(id).name == node_name) return id;
  }
  return none;
}

void Graph::set_param(NodeId id, Slot slot, Tensor value) {
  const ParamId old = node(id).param(slot);
  std::size_t holders = 0;
  for (const Node& each : live()) {
    if (old != none && std::ranges::find(each.params, old, &std::pair<Slot, ParamId>::second) != each.params.end())
      ++holders;
  }
  set_param(id, slot, std::move(value), holders > 1);
}

void Graph::set_param(NodeId id, Slot slot, Tensor value, bool shared) {
  Node& owner = node(id);
  // New weights lie on no grid until they are said to.
  if (slot == Slot::weight) forget_weight_scale(owner);
  const auto found = std::ranges::find(owner.params, slot, &std::pair<Slot, ParamId>::first);
  std::string own = fmt::format("{}.{}", owner.name, slot_name(slot));
  if (found == owner.params.end()) {
    owner.params.emplace_back(slot, add_param(std::move(own), std::move(value)));
    return;
  }
  if (!shared) {
    params[index(found->second)].value = std::move(value);
    return;
  }
  // The node whose name the shared tensor bears may be the one that parts from it: then the copy needs another name.
  while (std::ranges::any_of(params, [&](const Param& p) { return p.name == own; })) own += "_own";
  found->second = add_param(std::move(own), std::move(value));
}

void Graph::bypass(NodeId id, Readers& readers) {
  Node& gone = node(id);
  if (gone.inputs.size() != 1 || gone.outputs.size() != 1) fail_internal("bypass of node '{}'", gone.name);
  const ValueId from = gone.outputs[0];
  const ValueId to = gone.inputs[0];
  for (const NodeId reader : readers.of(from)) std::ranges::replace(node(reader).inputs, from, to);
  for (GraphOutput& output : outputs) {
    if (output.value == from) output.value = to;
  }
  readers.move(from, to, id);
  gone.outputs.clear();
  gone.inputs.clear();
  gone.params.clear();
}

Readers Graph::readers() const { return Readers(*this); }

Readers::Readers(const Graph& graph) : nodes_(graph.values.size()), is_output_(graph.values.size()) {
  for (const NodeId id : graph.live_ids()) {
    for (const ValueId input : graph.node(id).inputs) nodes_[index(input)].push_back(id);
  }
  for (const GraphOutput& output : graph.outputs) is_output_[index(output.value)] = true;
}

void Readers::move(ValueId from, ValueId to, NodeId reader) {
  std::vector<NodeId>& moved = nodes_[index(from)];
  std::vector<NodeId>& all = nodes_[index(to)];
  forget(to, reader);
  const auto before = std::ssize(all);
  all.insert(all.end(), moved.begin(), moved.end());
  std::inplace_merge(all.begin(), all.begin() + before, all.end());
  moved.clear();
  if (is_output_[index(from)]) is_output_[index(to)] = true;
  is_output_[index(from)] = false;
}

bool Graph::is_output(ValueId value) const {
  return std::ranges::any_of(outputs, [&](const GraphOutput& output) { return output.value == value; });
}

Graph begin_copy(const Graph& of, std::vector<ValueId>& values) {
  Graph result;
  result.name = of.name;
  values.assign(of.values.size(), none);
  for (const GraphInput& input : of.inputs) {
    values[index(input.value)] = result.add_input(of.value(input.value).name, input.dtype, input.dims);
    result.inputs.back().default_value = input.default_value;
  }
  return result;
}

Graph Graph::compacted() const {
  std::vector<ValueId> value_of;
  std::vector<ParamId> param_of(params.size(), none);
  Graph result = begin_copy(*this, value_of);
  for (const Node& old : live()) {
    Node copy = old;
    for (ValueId& input : copy.inputs) input = value_of[index(input)];
    for (auto& [slot, id] : copy.params) {
      ParamId& renumbered = param_of[index(id)];
      if (renumbered == none) renumbered = result.add_param(params[index(id)].name, params[index(id)].value);
      id = renumbered;
    }
    const NodeId added = result.add_node(std::move(copy), old.outputs.size());
    for (std::size_t i = 0; i < old.outputs.size(); ++i) {
      value_of[index(old.outputs[i])] = result.node(added).outputs[i];
    }
  }
  for (const GraphOutput& output : outputs) result.add_output(output.name, value_of[index(output.value)]);
  return result;
}

std::string TensorType::str() const { return fmt::format("{} {}{}", name_of(dtype), bounded ? "<=" : "", shape.str()); }

std::string describe(const Node& node, const std::string& message) {
  const std::string where = node.where.str();
  return fmt::format("{}{}{} '{}': {}", where, where.empty() ? "" : ": ", name_of(node.op), node.name, message);
}

}  // namespace banoff
