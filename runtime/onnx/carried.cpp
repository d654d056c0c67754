#include "runtime/onnx/carried.hpp"

#include <algorithm>
#include <set>

namespace banoff {

namespace {

using Names = std::set<std::string, std::less<>>;

template <class F>
void for_each_subgraph(const onnx::NodeProto& node, F&& visit) {
  for (const onnx::AttributeProto& attribute : node.attribute()) {
    if (attribute.has_g()) visit(attribute.g());
    for (const onnx::GraphProto& graph : attribute.graphs()) visit(graph);
  }
}

template <class F>
void for_each_subgraph(onnx::NodeProto& node, F&& visit) {
  for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
    if (attribute.has_g()) visit(*attribute.mutable_g());
    for (onnx::GraphProto& graph : *attribute.mutable_graphs()) visit(graph);
  }
}

void add_own(const onnx::GraphProto& graph, Names& names) {
  for (const onnx::ValueInfoProto& input : graph.input()) names.insert(input.name());
  for (const onnx::TensorProto& initializer : graph.initializer()) names.insert(initializer.name());
  for (const onnx::SparseTensorProto& initializer : graph.sparse_initializer())
    names.insert(initializer.values().name());
  for (const onnx::NodeProto& node : graph.node()) names.insert(node.output().begin(), node.output().end());
}

/// What `graph` reads that neither it nor what stands in `inside` defines.
void collect(const onnx::GraphProto& graph, Names inside, std::vector<std::string>& captured) {
  add_own(graph, inside);
  const auto read = [&](const std::string& name) {
    if (!name.empty() && !inside.contains(name) && std::ranges::find(captured, name) == captured.end())
      captured.push_back(name);
  };
  for (const onnx::NodeProto& node : graph.node()) {
    std::ranges::for_each(node.input(), read);
    for_each_subgraph(node, [&](const onnx::GraphProto& inner) { collect(inner, inside, captured); });
  }
  for (const onnx::ValueInfoProto& output : graph.output()) read(output.name());
}

void rename(onnx::GraphProto& graph, std::map<std::string, std::string> names) {
  Names own;
  add_own(graph, own);
  std::erase_if(names, [&](const auto& entry) { return own.contains(entry.first); });
  const auto renamed = [&](std::string& name) {
    if (const auto found = names.find(name); found != names.end()) name = found->second;
  };
  for (onnx::NodeProto& node : *graph.mutable_node()) {
    std::ranges::for_each(*node.mutable_input(), renamed);
    for_each_subgraph(node, [&](onnx::GraphProto& inner) { rename(inner, names); });
  }
  for (onnx::ValueInfoProto& output : *graph.mutable_output()) renamed(*output.mutable_name());
}

std::string bytes_of(const Carried::What& what) {
  return std::visit(
      []<class T>(const T& message) {
        if constexpr (std::is_same_v<T, CarriedInput>) return message.info.SerializeAsString();
        else return message.SerializeAsString();
      },
      what);
}

}  // namespace

bool Carried::same(const Foreign& other) const {
  const auto* carried = dynamic_cast<const Carried*>(&other);
  return carried != nullptr && carried->what.index() == what.index() && carried->captured == captured &&
         bytes_of(carried->what) == bytes_of(what);
}

std::vector<std::string> captured_names(const onnx::NodeProto& node) {
  std::vector<std::string> captured;
  for_each_subgraph(node, [&](const onnx::GraphProto& graph) { collect(graph, {}, captured); });
  return captured;
}

void rename_captured(onnx::NodeProto& node, const std::map<std::string, std::string>& names) {
  for_each_subgraph(node, [&](onnx::GraphProto& graph) { rename(graph, names); });
}

void for_each_inner_name(const onnx::NodeProto& node, const std::function<void(const std::string&)>& visit) {
  for_each_subgraph(node, [&](const onnx::GraphProto& graph) {
    Names own;
    add_own(graph, own);
    std::ranges::for_each(own, visit);
    for (const onnx::NodeProto& inner : graph.node()) for_each_inner_name(inner, visit);
  });
}

}  // namespace banoff
