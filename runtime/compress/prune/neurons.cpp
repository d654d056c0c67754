#include "runtime/compress/prune/neurons.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace banoff::pruning {

namespace {

/// The parameters of a node that has one number per channel in each of `slots`.
std::vector<Strand> by_channel(const Node& node, std::vector<Slot> slots) {
  std::vector<Strand> strands;
  for (const Slot slot : slots) strands.push_back({slot, 0, node.outputs[0], Merge::mean});
  return strands;
}

std::vector<Strand> layer_strands(const ChannelMap& map, const Node& node) {
  const ValueId in = node.inputs[0], out = node.outputs[0];
  const bool transposed = node.as<ConvTranspose>() != nullptr;
  const std::size_t out_dim = transposed ? 1 : 0;
  if (is_depthwise(node.op, map.shape(in))) {
    return {
        {Slot::weight, 0, out, Merge::mean}, {Slot::bias, 0, out, Merge::mean}, {Slot::pad_value, 0, in, Merge::mean}};
  }
  if (!node.as<Dense>() && !is_full(node.op, map.shape(in))) return {};
  return {{Slot::weight, out_dim, out, Merge::mean},
          {Slot::bias, 0, out, Merge::mean},
          {Slot::weight, 1 - out_dim, in, Merge::sum},
          {Slot::pad_value, 0, in, Merge::mean}};
}

/// The row of each neuron in a node's numbers, appended to `rows`.
void append_rows(const Numbers& numbers, std::size_t dim, const std::vector<std::int32_t>& places,
                 std::vector<std::vector<double>>& rows) {
  const Shape& shape = numbers.shape;
  const std::int64_t inside = shape.elements(dim + 1, shape.rank());
  for (std::int64_t o = 0; o < shape.elements(0, dim); ++o) {
    for (std::int64_t c = 0; c < shape[dim]; ++c) {
      const std::int32_t neuron = places[index(c)];
      if (neuron == none) continue;
      const auto begin = numbers.values.begin() + (o * shape[dim] + c) * inside;
      rows[index(neuron)].insert(rows[index(neuron)].end(), begin, begin + inside);
    }
  }
}

using Rows = std::vector<std::vector<double>>;

/// A bound may be infinite: then it is as far from a finite one as numbers of this node reach, and from no other.
void bound_infinities(Rows& rows) {
  double largest = 1;
  for (const auto& row : rows) {
    for (const double value : row) largest = std::isfinite(value) ? std::max(largest, std::abs(value)) : largest;
  }
  for (auto& row : rows) {
    for (double& value : row) value = std::clamp(value, -2 * largest, 2 * largest);
  }
}

/// Adds a node's rows to those of the others, scaled to a mean square length of 1; no columns where all are zero.
bool append_scaled(Rows& all, Rows rows) {
  bound_infinities(rows);
  double squares = 0;
  for (const auto& row : rows) {
    for (const double value : row) squares += value * value;
  }
  if (squares == 0) return false;
  const double scale = std::sqrt(static_cast<double>(rows.size()) / squares);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (const double value : rows[i]) all[i].push_back(value * scale);
  }
  return true;
}

Rows norm_rows(const Graph& graph, const Node& norm, const std::vector<std::int32_t>& places, std::size_t neurons) {
  const Scaling scaling = scaling_of(graph, norm);
  Rows rows(neurons);
  for (std::size_t c = 0; c < places.size(); ++c) {
    if (places[c] != none) rows[index(places[c])] = {scaling.scale[c], scaling.shift[c]};
  }
  return rows;
}

/// Weights and bias with a norm behind them: scale w and scale b + shift.
void take_norm(const Graph& graph, const Node& layer, const Node& norm, const std::vector<std::int32_t>& places,
               Rows& rows) {
  const Scaling scaling = scaling_of(graph, norm);
  const bool has_bias = graph.param(layer, Slot::bias) != nullptr;
  for (std::size_t c = 0; c < places.size(); ++c) {
    if (places[c] == none) continue;
    std::vector<double>& row = rows[index(places[c])];
    for (double& value : row) value *= scaling.scale[c];
    if (has_bias) row.back() += scaling.shift[c];
    else row.push_back(scaling.shift[c]);
  }
}

}  // namespace

std::vector<Strand> strands_of(const ChannelMap& map, const Node& node) {
  const auto runs_along = [&](std::int64_t axis) {
    const Channels& channels = map.of(node.outputs[0]);
    return resolve_axis(axis, map.shape(node.outputs[0]).rank()) == channels.axis;
  };
  std::vector<Strand> all;
  if (is_layer(node)) all = layer_strands(map, node);
  else if (const auto* affine = node.as<Affine>(); affine && runs_along(affine->axis))
    all = by_channel(node, {Slot::weight, Slot::bias});
  else if (node.as<PRelu>() && runs_along(1) && map.graph().param(node, Slot::weight)->elements() > 1)
    all = by_channel(node, {Slot::weight});
  else if (const auto* clamp = node.as<Clamp>(); clamp && runs_along(clamp->axis))
    all = by_channel(node, {Slot::lower, Slot::upper});
  else if (const auto* kinked = node.as<Kinked>(); kinked && runs_along(kinked->axis))
    all = by_channel(node, {Slot::kink, Slot::below, Slot::above});
  else if (node.as<GroupNorm>()) all = by_channel(node, {Slot::weight, Slot::bias});
  else if (node.as<Pad>()) all = by_channel(node, {Slot::pad_value});
  else if (node.as<Constant>()) all = {{Slot::value, map.of(node.outputs[0]).axis, node.outputs[0], Merge::mean}};
  std::erase_if(all, [&](const Strand& strand) { return map.graph().param(node, strand.slot) == nullptr; });
  return all;
}

Numbers numbers_of(const Graph& graph, const Node& node, Slot slot) {
  const Tensor& tensor = *graph.param(node, slot);
  return {tensor.shape(), tensor.to_vector<double>()};
}

Features features_of(const ChannelMap& map, const Readers& readers, const NeuronSet& set) {
  const Graph& graph = map.graph();
  const Places places(map, set);
  Features features{Rows(set.neurons.size())};
  std::size_t nodes = 0;
  std::set<NodeId> taken;  // norms that count with the layer before them
  for (const NodeId id : graph.live_ids()) {
    const Node& node = graph.node(id);
    const ValueId out = node.outputs[0];
    if (node.as<BatchNorm>() && places.has(out) && !taken.contains(id)) {
      if (append_scaled(features.rows, norm_rows(graph, node, places.of(out), set.neurons.size()))) ++nodes;
      continue;
    }
    Rows rows(set.neurons.size());
    for (const Strand& strand : strands_of(map, node)) {
      if (strand.how != Merge::mean || !places.has(strand.value)) continue;
      Rows own(set.neurons.size());
      const bool apart = strand.slot == Slot::pad_value;  // the norm behind does not scale it
      append_rows(numbers_of(graph, node, strand.slot), strand.dim, places.of(strand.value), apart ? own : rows);
      if (append_scaled(features.rows, std::move(own))) ++nodes;
    }
    if (is_layer(node) && places.has(out)) {
      const NodeId norm = norm_behind(graph, readers, node);
      if (norm != none) take_norm(graph, node, graph.node(norm), places.of(out), rows), taken.insert(norm);
    }
    if (append_scaled(features.rows, std::move(rows))) ++nodes;
  }
  for (auto& row : features.rows) {
    for (double& value : row) value /= std::sqrt(static_cast<double>(std::max<std::size_t>(nodes, 1)));
  }
  return features;
}

}  // namespace banoff::pruning
