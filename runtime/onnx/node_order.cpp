#include "runtime/onnx/node_order.hpp"

#include <functional>
#include <queue>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace banoff::onnx_import {
namespace {

/// Who reads each node's outputs, a reader once for each input; and how many such inputs each node has.
struct Edges {
  std::vector<std::vector<int>> readers;
  std::vector<int> waits;
  bool sorted = true;
};

Edges edges_of(const onnx::GraphProto& graph) {
  const auto count = static_cast<std::size_t>(graph.node_size());
  Edges edges{std::vector<std::vector<int>>(count), std::vector<int>(count), true};
  std::unordered_map<std::string, int> made_by;
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& output : graph.node(i).output()) {
      if (!output.empty()) made_by.emplace(output, i);
    }
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    for (const std::string& input : graph.node(i).input()) {
      const auto from = made_by.find(input);
      if (from == made_by.end()) continue;
      edges.readers[static_cast<std::size_t>(from->second)].push_back(i);
      ++edges.waits[static_cast<std::size_t>(i)];
      if (from->second >= i) edges.sorted = false;
    }
  }
  return edges;
}

}  // namespace

void sort_nodes(onnx::GraphProto& graph) {
  Edges edges = edges_of(graph);
  if (edges.sorted) return;
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (edges.waits[static_cast<std::size_t>(i)] == 0) ready.push(i);
  }
  google::protobuf::RepeatedPtrField<onnx::NodeProto> ordered;
  ordered.Reserve(graph.node_size());
  while (!ready.empty()) {
    const int next = ready.top();
    ready.pop();
    for (const int reader : edges.readers[static_cast<std::size_t>(next)]) {
      if (--edges.waits[static_cast<std::size_t>(reader)] == 0) ready.push(reader);
    }
    ordered.Add(std::move(*graph.mutable_node(next)));
  }
  for (int i = 0; i < graph.node_size(); ++i) {
    if (edges.waits[static_cast<std::size_t>(i)] > 0) ordered.Add(std::move(*graph.mutable_node(i)));
  }
  graph.mutable_node()->Swap(&ordered);
}

}  // namespace banoff::onnx_import
