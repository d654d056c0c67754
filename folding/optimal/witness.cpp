#include "folding/optimal/witness.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace banoff::gauge {

namespace {

/// How a value was reached: over which node, from which value.
struct Step {
  NodeId node = none;
  ValueId from = none;
};

std::vector<std::string> path_to(const Graph& graph, const std::map<ValueId, Step>& reached, ValueId value) {
  std::vector<std::string> path;
  for (Step step = reached.at(value); step.node != none; step = reached.at(step.from)) {
    path.push_back(graph.node(step.node).name);
  }
  std::ranges::reverse(path);
  return path;
}

}  // namespace

Witness nearest(const System& system, const Readers& readers, const Classes& classes, ValueId value, VarId var,
                const std::function<const Mark*(VarId)>& mark_of) {
  const Graph& graph = system.graph();
  const VarId root = classes.root(var);
  /// Calls f for every variable of a value that is in the class.
  const auto members = [&](ValueId of, auto&& f) {
    const auto [first, last] = system.range(of);
    for (VarId each = first; each < last; ++each) {
      if (classes.root(each) == root) f(each);
    }
  };
  std::map<ValueId, Step> reached{{value, {}}};
  std::deque<ValueId> queue{value};
  while (!queue.empty()) {
    const ValueId at = queue.front();
    queue.pop_front();
    const Mark* mark = nullptr;
    members(at, [&](VarId each) { mark = mark ? mark : mark_of(each); });
    if (mark) return {mark, path_to(graph, reached, at)};
    std::vector<NodeId> nodes = readers.of(at);
    if (const NodeId producer = graph.value(at).producer; producer != none) nodes.push_back(producer);
    for (const NodeId id : nodes) {
      const auto visit = [&](ValueId next) {
        bool tied = false;
        members(next, [&](VarId) { tied = true; });
        if (tied && reached.try_emplace(next, Step{id, at}).second) queue.push_back(next);
      };
      std::ranges::for_each(graph.node(id).inputs, visit);
      std::ranges::for_each(graph.node(id).outputs, visit);
    }
  }
  return {};
}

}  // namespace banoff::gauge
