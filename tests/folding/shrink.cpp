#include "tests/folding/shrink.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "banoff/error.hpp"
#include "runtime/graph/signature.hpp"
#include "runtime/load/load.hpp"

namespace banoff::test {

namespace {

using Step = std::function<void(Graph&)>;

/// Without the nodes and inputs that no output needs.
Graph without_dead(Graph graph) {
  bool changed = true;
  while (std::exchange(changed, false)) {
    const auto readers = graph.readers();
    const auto unread = [&](ValueId value) { return readers.of(value).empty() && !readers.is_output(value); };
    for (Node& node : graph.live()) {
      if (!std::ranges::all_of(node.outputs, unread)) continue;
      node.outputs.clear(), node.inputs.clear(), node.params.clear();
      changed = true;
    }
  }
  const auto readers = graph.readers();
  std::erase_if(graph.inputs, [&](const GraphInput& input) {
    return readers.of(input.value).empty() && !readers.is_output(input.value);
  });
  return graph.compacted();
}

void replace(Graph& graph, ValueId from, ValueId to) {
  for (Node& node : graph.nodes) std::ranges::replace(node.inputs, from, to);
  for (GraphOutput& output : graph.outputs) {
    if (output.value == from) output.value = to;
  }
}

/// What might be taken from the graph, boldest first.
std::vector<Step> steps(const Graph& graph, const std::vector<TensorType>& types) {
  const auto type = [&](ValueId value) -> const TensorType& { return types[static_cast<std::size_t>(value)]; };
  std::vector<Step> result;
  for (std::size_t o = 0; o < graph.outputs.size() && graph.outputs.size() > 1; ++o) {
    result.push_back([o](Graph& g) { g.outputs.erase(g.outputs.begin() + static_cast<std::ptrdiff_t>(o)); });
  }
  // From the end of the network: what its nodes read becomes the output.
  for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
    const NodeId producer = graph.value(graph.outputs[o].value).producer;
    if (producer == none) continue;
    for (const ValueId input : graph.node(producer).inputs) {
      result.push_back([o, input](Graph& g) { g.outputs[o].value = input; });
    }
  }
  // From its beginning: what a node makes becomes an input.
  for (std::size_t n = graph.nodes.size(); n-- > 0;) {
    for (const ValueId value : graph.nodes[n].outputs) {
      if (graph.nodes[n].inputs.empty()) continue;
      result.push_back([value, shape = type(value).shape](Graph& g) {
        std::vector<Dim> dims;
        for (const std::int64_t size : shape) dims.push_back({size, "", false});
        replace(g, value, g.add_input("in_" + std::to_string(g.values.size()), DType::f32, dims));
      });
    }
  }
  for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
    const Node& node = graph.nodes[n];
    if (node.outputs.size() != 1) continue;
    for (const ValueId input : node.inputs) {
      if (type(input) != type(node.outputs[0])) continue;
      result.push_back([from = node.outputs[0], input](Graph& g) { replace(g, from, input); });
    }
    for (std::size_t i = 0; i < node.inputs.size() && node.inputs.size() > 2; ++i) {
      result.push_back([n, i](Graph& g) {
        auto& inputs = g.nodes[n].inputs;
        inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(i));
      });
    }
  }
  return result;
}

/// The graph after a step; nothing if that is no network.
std::optional<Graph> after(const Graph& graph, const Step& step) {
  Graph smaller = graph;
  step(smaller);
  smaller = without_dead(std::move(smaller));
  try {
    verify(smaller, infer_types(smaller));
  } catch (const Error&) {
    return std::nullopt;
  }
  return smaller;
}

}  // namespace

Graph shrink(Graph graph, const StillFails& fails) {
  bool smaller = true;
  while (std::exchange(smaller, false)) {
    for (const Step& step : steps(graph, infer_types(graph))) {
      std::optional<Graph> next = after(graph, step);
      if (!next || !fails(*next)) continue;
      graph = std::move(*next);
      smaller = true;
      break;
    }
  }
  return graph;
}

std::string print(const Graph& graph) {
  std::string text = print_yaml(graph, {});
  for (const Node& node : graph.live()) {
    if (!node.as<BatchNorm>()) continue;
    for (const auto& [slot, id] : node.params) {
      text += fmt::format("# {}.{}: {}\n", node.name, slot_name(slot), graph.param(id).to_vector<double>());
    }
  }
  return text;
}

}  // namespace banoff::test
