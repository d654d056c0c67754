// Which channels of a network are one: a neuron's output passes through norms, activations and pools, is added to
// others, concatenated and split. Whoever removes it removes it everywhere.
#pragma once

#include <string>
#include <vector>

#include "runtime/graph/signature.hpp"

namespace banoff::pruning {

using ChannelId = std::int32_t;

[[nodiscard]] constexpr std::size_t index(std::int64_t id) noexcept { return static_cast<std::size_t>(id); }

/// The channels of a value: index i along `axis` belongs to channel ids[i / width]. None (`ids` empty) where nobody
/// may remove any.
struct Channels {
  std::size_t axis = 0;
  std::int64_t width = 1;  ///< above 1 behind a flatten
  std::vector<ChannelId> ids;
};

class ChannelMap {
 public:
  /// Collects what every op demands (channel_rules.cpp). `types` are the graph's inferred types.
  ChannelMap(const Graph& graph, const std::vector<TensorType>& types);

  [[nodiscard]] const Graph& graph() const noexcept { return *graph_; }
  [[nodiscard]] const Shape& shape(ValueId value) const { return (*types_)[index(value)].shape; }
  [[nodiscard]] const Channels& of(ValueId value) const { return of_value_[index(value)]; }
  /// The channel that stands for all that are one with this one.
  [[nodiscard]] ChannelId root(ChannelId id) const;
  [[nodiscard]] std::size_t size() const noexcept { return parent_.size(); }
  /// Why the channel has to stay; empty where it may go.
  [[nodiscard]] const std::string& pinned(ChannelId id) const { return pinned_[index(root(id))]; }

  /// Whether the value is a constant that one node reads.
  [[nodiscard]] bool is_private_constant(ValueId value) const;

  // Building.
  void set(ValueId value, Channels channels) { of_value_[index(value)] = std::move(channels); }
  /// Gives `value` new channels along `axis`, one per index.
  void make(ValueId value, std::size_t axis);
  /// A new channel, which has to stay where there is a reason.
  [[nodiscard]] ChannelId add(std::string pinned = {});
  void unite(ChannelId a, ChannelId b);
  void pin(ValueId value, const std::string& reason);

 private:
  const Graph* graph_;
  const std::vector<TensorType>* types_;
  Readers readers_;
  std::vector<Channels> of_value_;  // by ValueId
  mutable std::vector<ChannelId> parent_;
  std::vector<std::string> pinned_;  // by root
};

/// Emits what one node demands of the channels around it.
void relate(ChannelMap& map, const Node& node);

/// Whether every output channel of the convolution reads the input channel of the same number alone.
[[nodiscard]] bool is_depthwise(const Op& op, const Shape& input);
/// Whether every output channel reads every input channel.
[[nodiscard]] bool is_full(const Op& op, const Shape& input);
/// Convolutions and dense layers: what has neurons.
[[nodiscard]] bool is_layer(const Node& node);

}  // namespace banoff::pruning
