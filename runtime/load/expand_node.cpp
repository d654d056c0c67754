// One op with its attributes, inputs and parameters.
#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/load/expander.hpp"

namespace banoff {

namespace {
const std::vector<std::string_view>& common_keys() {
  static const std::vector<std::string_view> keys{"op", "from", "when", "repeat", "weights_from"};
  return keys;
}

std::vector<std::string_view> op_names() {
  std::vector<std::string_view> names;
  for (const OpRow& row : op_table()) names.push_back(row.name);
  return names;
}
}  // namespace

Values Expander::node(const Instance& at) {
  const Yaml& body = *at.item.body;
  const YamlEntry* op = body.find("op");
  const bool named = op != nullptr || body.is(Yaml::Kind::scalar);
  const std::string name = op != nullptr ? value(*op->value, at.env).str()
                           : named       ? value(body, at.env).str()
                                         : at.item.name;
  const OpRow* row = find_op(name);
  if (row == nullptr && named) {
    fail(at.item.line, at.path, fmt::format("there is no op '{}'{}", name, did_you_mean(name, op_names())));
  }
  if (row == nullptr) fail(at.item.line, at.path, "needs 'op', 'block' or 'nodes'");

  Attributes attributes;
  for (const YamlEntry& entry : body.entries) {
    if (std::ranges::find(common_keys(), entry.key) != common_keys().end()) continue;
    attributes[entry.key] = {value(*entry.value, at.env), entry.line};
  }
  const auto fail_op = [&](int line, const std::string& message) {
    fail_at(file_, line, fmt::format("{} '{}': {}", row->name, at.path, message));
  };
  Node node{at.path, read_op(*row, attributes, at.item.line, fail_op), at.inputs, {}, {}, {file_, at.item.line}};
  const Arity arity = facts_of(row->prototype).inputs;
  if (arity.max == 0 && body.find("from") == nullptr) node.inputs.clear();
  if (node.inputs.empty() && arity.min > 0)
    fail_op(at.item.line, "nothing comes before it: name its input with 'from'");
  if (graph_.nodes.size() >= limits_.graph.max_nodes)
    fail_op(at.item.line, fmt::format("more than {} nodes", limits_.graph.max_nodes));

  Signature made;
  try {
    std::vector<TensorType> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(types_[static_cast<std::size_t>(input)]);
    made = signature(node.op, inputs);
    for (const TensorType& type : made.outputs) {
      if (type.shape.elements() > limits_.graph.max_elements) {
        fail_input("{} is larger than the limit of {} elements", type.str(), limits_.graph.max_elements);
      }
    }
    add_params(at, made.params, node);
  } catch (const Error& error) {
    throw Error(error.kind(), describe(node, error.what()));
  }
  const NodeId id = graph_.add_node(std::move(node), made.outputs.size());
  types_.insert(types_.end(), made.outputs.begin(), made.outputs.end());
  registry_.nodes[at.path] = id;
  return graph_.node(id).outputs;
}

void Expander::add_params(const Instance& at, const std::vector<ParamSpec>& specs, Node& node) {
  for (const ParamSpec& spec : specs) {
    if (spec.shape.elements() > limits_.graph.max_elements) {
      fail_input("{} {} is larger than the limit of {} elements", slot_name(spec.slot), spec.shape.str(),
                 limits_.graph.max_elements);
    }
    ParamId id = shared_param(at, spec);
    if (id == none) {
      id = graph_.add_param(fmt::format("{}.{}", at.path, slot_name(spec.slot)), {});
      param_shapes_.push_back(spec.shape);
    }
    node.params.emplace_back(spec.slot, id);
  }
  const YamlEntry* shared = at.item.body->find("weights_from");
  if (shared == nullptr) return;
  for (const YamlEntry& slot : shared->value->entries) {
    if (std::ranges::none_of(specs, [&](const ParamSpec& spec) { return slot_name(spec.slot) == slot.key; })) {
      fail_input("weights_from: the node has no '{}'", slot.key);
    }
  }
}

ParamId Expander::shared_param(const Instance& at, const ParamSpec& spec) const {
  const std::string slot(slot_name(spec.slot));
  std::string path = at.weights;
  if (const YamlEntry* shared = at.item.body->find("weights_from");
      shared != nullptr && shared->value->is(Yaml::Kind::map)) {
    const YamlEntry* entry = shared->value->find(slot);
    if (entry == nullptr) return none;
    const std::string reference = interpolate(*entry->value, at.env, file_).str();
    path = registry_.path_of(reference, at.scope);
    if (path.empty()) fail_input("weights_from: {}", explain_missing(reference, at.scope));
  }
  if (path.empty()) return none;
  const auto source = registry_.nodes.find(path);
  const ParamId id = source == registry_.nodes.end() ? none : graph_.node(source->second).param(spec.slot);
  if (id == none) fail_input("weights_from: '{}' has no '{}'", path, slot);
  if (const Shape& shape = param_shapes_[static_cast<std::size_t>(id)]; shape != spec.shape) {
    fail_input("weights_from: {} of '{}' is {}, expected {}", slot, path, shape.str(), spec.shape.str());
  }
  return id;
}

}  // namespace banoff
