#include "folding/neighbours.hpp"

#include <algorithm>
#include <numeric>

namespace banoff::gauge {

namespace {

template <class T>
void sort_unique(std::vector<T>& items) {
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
}

/// Calls f(value, variable) for every variable of every value that a live node or an input makes.
template <class F>
void for_variables(const System& system, F&& f) {
  const auto each = [&](ValueId value) {
    const auto [first, last] = system.range(value);
    for (VarId var = first; var < last; ++var) f(value, static_cast<std::size_t>(var));
  };
  for (const GraphInput& input : system.graph().inputs) each(input.value);
  for (const Node& node : system.graph().live()) std::ranges::for_each(node.outputs, each);
}

}  // namespace

Neighbours::Neighbours(const System& system) : graph_(system.graph()), first_(system.variables() + 1) {
  for_variables(system, [&](ValueId, std::size_t var) { ++first_[var + 1]; });
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  values_.resize(first_.back());
  std::vector<std::size_t> next = first_;
  for_variables(system, [&](ValueId value, std::size_t var) { values_[next[var]++] = value; });
}

std::vector<NodeId> Neighbours::touched(const Readers& readers, const Assignment& assignment,
                                        std::span<const NodeId> removed) const {
  std::vector<ValueId> values;
  for (const auto& [var, gauge] : assignment.changed()) {
    const auto at = static_cast<std::size_t>(var);
    for (std::size_t i = first_[at]; i < first_[at + 1]; ++i) values.push_back(values_[i]);
  }
  sort_unique(values);
  std::vector<NodeId> nodes(removed.begin(), removed.end());
  for (const ValueId value : values) {
    const NodeId producer = graph_.value(value).producer;
    if (producer != none && graph_.alive(producer)) nodes.push_back(producer);
    nodes.insert(nodes.end(), readers.of(value).begin(), readers.of(value).end());
  }
  sort_unique(nodes);
  return nodes;
}

}  // namespace banoff::gauge
