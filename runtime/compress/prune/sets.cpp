#include "runtime/compress/prune/sets.hpp"

#include <map>

namespace banoff::pruning {

std::vector<NeuronSet> sets_of(const ChannelMap& map) {
  std::vector<std::vector<ValueId>> occurs(map.size());
  std::vector<bool> meets_itself(map.size());
  for (ValueId value = 0; value < std::ssize(map.graph().values); ++value) {
    for (const ChannelId id : map.of(value).ids) {
      std::vector<ValueId>& in = occurs[index(map.root(id))];
      if (!in.empty() && in.back() == value) meets_itself[index(map.root(id))] = true;
      else in.push_back(value);
    }
  }
  std::map<std::vector<ValueId>, std::vector<ChannelId>> by_values;
  for (ChannelId id = 0; id < std::ssize(occurs); ++id) {
    if (map.root(id) != id || occurs[index(id)].empty() || meets_itself[index(id)] || !map.pinned(id).empty()) continue;
    by_values[occurs[index(id)]].push_back(id);
  }
  std::vector<NeuronSet> sets;
  for (auto& [values, neurons] : by_values) sets.push_back({values, std::move(neurons)});
  return sets;
}

std::vector<NodeId> writers_of(const ChannelMap& map, const NeuronSet& set) {
  std::vector<NodeId> writers;
  for (const ValueId value : set.values) {
    const NodeId id = map.graph().value(value).producer;
    if (id == none || !is_layer(map.graph().node(id))) continue;
    const Node& node = map.graph().node(id);
    if (!is_depthwise(node.op, map.shape(node.inputs[0]))) writers.push_back(id);
  }
  return writers;
}

Places::Places(const ChannelMap& map, const NeuronSet& set) : map_(&map), set_(&set), number_(map.size(), none) {
  for (std::size_t i = 0; i < set.neurons.size(); ++i) number_[index(set.neurons[i])] = static_cast<std::int32_t>(i);
}

std::vector<std::int32_t> Places::of(ValueId value) const {
  std::vector<std::int32_t> result;
  for (const ChannelId id : map_->of(value).ids) result.push_back(number_[index(map_->root(id))]);
  return result;
}

}  // namespace banoff::pruning
