// Neurons any two of which can become one.
#pragma once

#include <algorithm>

#include "runtime/compress/prune/channels.hpp"

namespace banoff::pruning {

/// Neurons that occur in the same values, once in each, and may go.
struct NeuronSet {
  std::vector<ValueId> values;     ///< ascending
  std::vector<ChannelId> neurons;  ///< by their channels' roots, ascending
};

[[nodiscard]] std::vector<NeuronSet> sets_of(const ChannelMap& map);

/// The layers that write a set's channels, in graph order; but for depthwise ones, which pass them on.
[[nodiscard]] std::vector<NodeId> writers_of(const ChannelMap& map, const NeuronSet& set);

/// Where the neurons of a set are in the values that have them.
class Places {
 public:
  Places(const ChannelMap& map, const NeuronSet& set);
  [[nodiscard]] bool has(ValueId value) const { return std::ranges::binary_search(set_->values, value); }
  /// The number within the set of what stands at each place along the value's axis; none for other channels.
  [[nodiscard]] std::vector<std::int32_t> of(ValueId value) const;

 private:
  const ChannelMap* map_;
  const NeuronSet* set_;
  std::vector<std::int32_t> number_;  // by root
};

}  // namespace banoff::pruning
