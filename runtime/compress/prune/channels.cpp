#include "runtime/compress/prune/channels.hpp"

namespace banoff::pruning {

namespace {

std::int64_t groups(const Op& op, const Shape& input) {
  if (const auto* conv = std::get_if<Conv>(&op)) return groups_of(*conv, input);
  if (const auto* transposed = std::get_if<ConvTranspose>(&op)) return transposed->groups;
  return 1;
}

std::int64_t out_channels(const Op& op) {
  if (const auto* conv = std::get_if<Conv>(&op)) return conv->out;
  if (const auto* transposed = std::get_if<ConvTranspose>(&op)) return transposed->out;
  return 0;
}

}  // namespace

bool is_depthwise(const Op& op, const Shape& input) {
  const std::int64_t count = groups(op, input);
  return count > 1 && count == input[1] && count == out_channels(op);
}

bool is_full(const Op& op, const Shape& input) { return groups(op, input) == 1; }

bool is_layer(const Node& node) { return node.as<Conv>() || node.as<ConvTranspose>() || node.as<Dense>(); }

ChannelMap::ChannelMap(const Graph& graph, const std::vector<TensorType>& types)
    : graph_(&graph), types_(&types), readers_(graph), of_value_(graph.values.size()) {
  for (const Node& node : graph.live()) relate(*this, node);
  for (const GraphOutput& output : graph.outputs) pin(output.value, "they are an output of the network");
}

bool ChannelMap::is_private_constant(ValueId value) const {
  const NodeId producer = graph_->value(value).producer;
  return producer != none && graph_->node(producer).as<Constant>() && readers_.only(value) != none;
}

ChannelId ChannelMap::add(std::string pinned) {
  const auto id = static_cast<ChannelId>(parent_.size());
  parent_.push_back(id);
  pinned_.push_back(std::move(pinned));
  return id;
}

ChannelId ChannelMap::root(ChannelId id) const {
  while (parent_[index(id)] != id) {
    ChannelId& up = parent_[index(id)];
    up = parent_[index(up)];
    id = up;
  }
  return id;
}

void ChannelMap::unite(ChannelId a, ChannelId b) {
  a = root(a), b = root(b);
  if (a == b) return;
  if (b < a) std::swap(a, b);
  parent_[index(b)] = a;
  if (pinned_[index(a)].empty()) pinned_[index(a)] = std::move(pinned_[index(b)]);
}

void ChannelMap::make(ValueId value, std::size_t axis) {
  Channels channels{axis, 1, {}};
  for (std::int64_t i = 0; i < shape(value)[axis]; ++i) channels.ids.push_back(add());
  set(value, std::move(channels));
}

void ChannelMap::pin(ValueId value, const std::string& reason) {
  for (const ChannelId id : of(value).ids) {
    std::string& at = pinned_[index(root(id))];
    if (at.empty()) at = reason;
  }
}

}  // namespace banoff::pruning
