// Detection networks on two devices. The order in which suppression takes boxes turns on the last bits of their scores,
// so that rows of boxes are matched, and what is computed before any suppression is compared by position.
#pragma once

#include <algorithm>
#include <set>

#include "runtime/session/contents.hpp"

namespace banoff::test {

/// Outputs of a network by how they can be compared.
struct OutputKinds {
  std::set<std::string> boxes;      ///< rows that a suppression kept
  std::set<std::string> behind;     ///< computed from such rows: in their order
  std::vector<std::string> before;  ///< nodes that make what suppressions read, which no other one has touched
};

[[nodiscard]] inline OutputKinds output_kinds(const Graph& graph) {
  std::set<ValueId> touched, rows;
  OutputKinds kinds;
  for (const Node& node : graph.nodes) {  // in order of computation
    const bool suppresses = node.as<Nms>() != nullptr;
    const bool late = std::ranges::any_of(node.inputs, [&](ValueId v) { return touched.contains(v); });
    if (suppresses && !late) {
      for (const ValueId value : node.inputs) {
        const NodeId producer = graph.value(value).producer;
        if (producer == none || graph.node(producer).outputs.size() != 1) continue;
        const std::string& name = graph.node(producer).name;
        if (std::ranges::find(kinds.before, name) == kinds.before.end()) kinds.before.push_back(name);
      }
    }
    if (suppresses || late) touched.insert(node.outputs.begin(), node.outputs.end());
    if (suppresses) rows.insert(node.outputs.begin(), node.outputs.end());
  }
  for (const GraphOutput& output : graph.outputs) {
    if (rows.contains(output.value)) kinds.boxes.insert(output.name);
    else if (touched.contains(output.value)) kinds.behind.insert(output.name);
  }
  return kinds;
}

/// The share of rows x1 y1 x2 y2 score class of either side for which the other has none of the same class with an
/// intersection over union of 0.9 and a score that differs by no more than `score`; each row matches once.
[[nodiscard]] inline double unmatched_boxes(const Tensor& expected, const Tensor& actual, double score) {
  constexpr std::size_t size = 6;
  constexpr double iou = 0.9;
  const auto a = expected.to_vector<double>(), b = actual.to_vector<double>();
  const std::size_t rows = a.size() / size, others = b.size() / size;
  const auto area = [](double x1, double y1, double x2, double y2) {
    return std::max(x2 - x1, 0.0) * std::max(y2 - y1, 0.0);
  };
  const auto overlap = [&](const double* p, const double* q) {
    const double common = area(std::max(p[0], q[0]), std::max(p[1], q[1]), std::min(p[2], q[2]), std::min(p[3], q[3]));
    const double together = area(p[0], p[1], p[2], p[3]) + area(q[0], q[1], q[2], q[3]) - common;
    if (together <= 0) return std::equal(p, p + 4, q) ? 1.0 : 0.0;
    return common / together;
  };
  std::vector<bool> taken(others, false);
  std::size_t matched = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    const double* const p = a.data() + i * size;
    std::size_t best = others;
    double reached = iou;
    for (std::size_t j = 0; j < others; ++j) {
      const double* const q = b.data() + j * size;
      if (taken[j] || p[5] != q[5] || std::abs(p[4] - q[4]) > score || overlap(p, q) < reached) continue;
      best = j;
      reached = overlap(p, q);
    }
    if (best == others) continue;
    taken[best] = true;
    ++matched;
  }
  const std::size_t most = std::max(rows, others);
  return most == 0 ? 0 : static_cast<double>(most - matched) / static_cast<double>(most);
}

}  // namespace banoff::test
