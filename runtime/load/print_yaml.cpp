#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/load/fields.hpp"
#include "runtime/load/inputs.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/manifest.hpp"
#include "runtime/load/safetensors_write.hpp"
#include "runtime/load/saved_params.hpp"

namespace banoff {

namespace {

/// How a flat file refers to a value: its node's name, with an index if the node has several outputs.
std::string reference(const Graph& graph, ValueId id) {
  const Value& value = graph.value(id);
  if (value.producer == none) return yaml_text(value.name);
  const Node& node = graph.node(value.producer);
  if (node.outputs.size() == 1) return yaml_text(node.name);
  const auto at = std::ranges::find(node.outputs, id) - node.outputs.begin();
  return yaml_text(fmt::format("{}[{}]", node.name, at));
}

/// A key of a map at `indent`, up to where its value begins. YAML wants long ones told apart by a mark.
std::string key(const std::string& text, std::string_view indent) {
  constexpr std::size_t longest_plain = 1000;
  return text.size() <= longest_plain ? text + ": " : fmt::format("? {}\n{}: ", text, indent);
}

std::string print_sharing(const Graph& graph, const SavedParams& saved, NodeId id) {
  const Node& node = graph.node(id);
  std::vector<std::string> slots;
  std::vector<NodeId> sources;
  for (const auto& [slot, param] : node.params) {
    const NodeId owner = saved.owner(param, slot);
    if (owner == id) continue;
    sources.push_back(owner);
    slots.push_back(fmt::format("{}: {}", slot_name(slot), yaml_text(graph.node(owner).name)));
  }
  if (slots.empty()) return {};
  const bool whole =
      slots.size() == node.params.size() && std::ranges::count(sources, sources[0]) == std::ssize(sources);
  return "weights_from: " +
         (whole ? yaml_text(graph.node(sources[0]).name) : fmt::format("{{{}}}", fmt::join(slots, ", ")));
}

std::string print_node(const Graph& graph, const SavedParams& saved, NodeId id) {
  const Node& node = graph.node(id);
  std::vector<std::string> parts{fmt::format("op: {}", row_of(node.op).name)};
  std::vector<std::string> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(reference(graph, input));
  if (inputs.size() == 1) parts.push_back("from: " + inputs[0]);
  if (inputs.size() > 1) parts.push_back(fmt::format("from: [{}]", fmt::join(inputs, ", ")));
  for (const FieldPrinter::Field& field : print_op(node.op))
    parts.push_back(fmt::format("{}: {}", field.key, field.text));
  if (std::string sharing = print_sharing(graph, saved, id); !sharing.empty()) parts.push_back(std::move(sharing));
  return fmt::format("  - {}{{{}}}\n", key(yaml_text(node.name), "    "), fmt::join(parts, ", "));
}

std::string print_input(const Graph& graph, const GraphInput& input) {
  std::vector<std::string> dims;
  for (const Dim& dim : input.dims) dims.push_back(print_dim(dim));
  std::string shape = fmt::format("[{}]", fmt::join(dims, ", "));
  std::string more;
  if (input.dtype != DType::f32) more += fmt::format(", dtype: {}", name_of(input.dtype));
  if (input.default_value) more += ", default: true";
  if (!more.empty()) shape = fmt::format("{{shape: {}{}}}", shape, more);
  return fmt::format("  {}{}\n", key(yaml_literal(graph.value(input.value).name), "  "), shape);
}

}  // namespace

std::string print_yaml(const Graph& graph, const Manifest& manifest) {
  require_writable(graph);
  const SavedParams saved(graph);
  std::string out = fmt::format("name: {}\ninputs:\n", yaml_text(graph.name));
  for (const GraphInput& input : graph.inputs) out += print_input(graph, input);
  out += print_manifest(manifest);
  out += "nodes:\n";
  for (const NodeId id : graph.live_ids()) out += print_node(graph, saved, id);
  out += "outputs:\n";
  for (const GraphOutput& output : graph.outputs) {
    out += fmt::format("  {}{}\n", key(yaml_literal(output.name), "  "), reference(graph, output.value));
  }
  return out;
}

void save_model(const std::filesystem::path& file, const Graph& graph, const Manifest& manifest) {
  std::filesystem::path weights_file = file;
  weights_file.replace_extension(".safetensors");
  if (weights_file == file) fail_usage("{}: a model file cannot end in .safetensors", file.string());
  // Both files are complete on disk before either gets its name.
  AtomicFile weights(weights_file), yaml(file);
  write_safetensors_into(weights, SavedParams(graph).tensors());
  yaml.write(print_yaml(graph, manifest));
  weights.finish();
  yaml.finish();
  weights.commit();
  yaml.commit();
}

}  // namespace banoff
