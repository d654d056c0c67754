#include "runtime/compress/prune/shrink.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "runtime/compress/prune/neurons.hpp"

namespace banoff::pruning {

namespace {

/// The set's neurons in the values that have them, before and after.
class Fewer {
 public:
  Fewer(const ChannelMap& map, const NeuronSet& set, const Clusters& clusters)
      : map_(map), places_(map, set), clusters_(clusters), cluster_of_(set.neurons.size()) {
    for (std::size_t c = 0; c < clusters.size(); ++c) {
      for (const std::size_t neuron : clusters[c]) cluster_of_[neuron] = c;
    }
  }

  [[nodiscard]] bool has(ValueId value) const { return places_.has(value); }
  [[nodiscard]] const Channels& channels(ValueId value) const { return map_.of(value); }
  [[nodiscard]] const ChannelMap& map() const { return map_; }
  /// A cluster's neuron stands where its first one stood.
  [[nodiscard]] Regrouping regrouping(ValueId value) const {
    const std::vector<std::int32_t> numbers = places_.of(value);
    Regrouping result{{}, map_.of(value).width};
    std::vector<std::size_t> part_of(clusters_.size(), numbers.size());
    for (std::size_t place = 0; place < numbers.size(); ++place) {
      std::size_t part = numbers.size();
      if (numbers[place] != none) {
        std::size_t& known = part_of[cluster_of_[index(numbers[place])]];
        if (known == numbers.size()) known = result.parts.size();
        else part = known;
      }
      if (part == numbers.size()) result.parts.push_back({static_cast<std::int64_t>(place)});
      else result.parts[part].push_back(static_cast<std::int64_t>(place));
    }
    return result;
  }
  /// The new size of the value along the axis of its channels.
  [[nodiscard]] std::int64_t size(ValueId value) const {
    const Regrouping fewer = regrouping(value);
    return std::ssize(fewer.parts) * fewer.width;
  }

 private:
  const ChannelMap& map_;
  Places places_;
  const Clusters& clusters_;
  std::vector<std::size_t> cluster_of_;
};

void store(Graph& graph, NodeId id, Slot slot, const Numbers& numbers) {
  const DType type = graph.param(graph.node(id), slot)->dtype();
  graph.set_param(id, slot, Tensor::of(numbers.shape, numbers.values).as(type));
}

void merge_norm(Graph& graph, NodeId id, const Regrouping& fewer, const std::vector<std::size_t>& like,
                const std::vector<double>& scales) {
  const NormNumbers numbers = norm_numbers(graph, graph.node(id));
  const Scaling scaling = scaling_of(graph, graph.node(id));
  NormNumbers merged;
  for (std::size_t part = 0; part < fewer.parts.size(); ++part) {
    double shift = 0;
    for (const std::int64_t old : fewer.parts[part]) shift += scaling.shift[index(old)];
    shift /= static_cast<double>(fewer.parts[part].size());
    append_norm(merged, numbers, like[part], graph.node(id).as<BatchNorm>()->eps, scales[part], shift);
  }
  set_norm(graph, id, merged);
}

/// A norm that does not stand behind a layer of its own takes the mean of its maps.
void merge_lone_norm(Graph& graph, NodeId id, const Regrouping& fewer) {
  const Scaling scaling = scaling_of(graph, graph.node(id));
  std::vector<std::size_t> like;
  std::vector<double> scales;
  for (const auto& part : fewer.parts) {
    double sum = 0;
    for (const std::int64_t old : part) sum += scaling.scale[index(old)];
    like.push_back(index(part.front()));
    scales.push_back(sum / static_cast<double>(part.size()));
  }
  merge_norm(graph, id, fewer, like, scales);
}

/// A layer whose norm alone reads it: the norm keeps the largest scale of a part, and the other rows are brought to it.
void merge_through_norm(Graph& graph, NodeId layer, NodeId norm, std::size_t dim, const Regrouping& fewer) {
  const Scaling scaling = scaling_of(graph, graph.node(norm));
  std::vector<double> factor(scaling.scale.size(), 1.0), scales;
  std::vector<std::size_t> like;
  for (const auto& part : fewer.parts) {
    const std::int64_t largest = *std::ranges::max_element(
        part, {}, [&](std::int64_t channel) { return std::abs(scaling.scale[index(channel)]); });
    like.push_back(index(largest));
    scales.push_back(scaling.scale[index(largest)]);
    if (scales.back() == 0) continue;
    for (const std::int64_t old : part) factor[index(old)] = scaling.scale[index(old)] / scales.back();
  }
  for (const Slot slot : {Slot::weight, Slot::bias}) {
    if (!graph.param(graph.node(layer), slot)) continue;
    const std::size_t along = slot == Slot::weight ? dim : 0;
    Numbers numbers = numbers_of(graph, graph.node(layer), slot);
    const std::int64_t inside = numbers.shape.elements(along + 1, numbers.shape.rank());
    for (std::size_t i = 0; i < numbers.values.size(); ++i) {
      numbers.values[i] *= factor[i / index(inside) % factor.size()];
    }
    store(graph, layer, slot, regrouped(numbers, along, fewer, Merge::mean));
  }
  merge_norm(graph, norm, fewer, like, scales);
}

// The attributes that say how many channels there are: one overload for each op that has such.
template <class Convolution>
void resize_convolution(Convolution& op, const Node& node, const Fewer& fewer) {
  const bool depthwise = is_depthwise(op, fewer.map().shape(node.inputs[0]));
  if (!fewer.has(node.outputs[0])) return;
  op.out = fewer.size(node.outputs[0]);
  if (depthwise && op.groups != 0) op.groups = op.out;
}
void resize(Conv& op, const Node& node, const Fewer& fewer) { resize_convolution(op, node, fewer); }
void resize(ConvTranspose& op, const Node& node, const Fewer& fewer) { resize_convolution(op, node, fewer); }
void resize(Dense& op, const Node& node, const Fewer& fewer) {
  if (fewer.has(node.outputs[0])) op.out = fewer.size(node.outputs[0]);
}
void resize(Split& op, const Node& node, const Fewer& fewer) {
  const Shape& shape = fewer.map().shape(node.inputs[0]);
  if (!fewer.has(node.inputs[0]) || resolve_axis(op.axis, shape.rank()) != fewer.channels(node.inputs[0]).axis) return;
  Ints sizes = split_sizes(op, shape);
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (fewer.has(node.outputs[i])) sizes[i] = fewer.size(node.outputs[i]);
  }
  op.sizes = std::move(sizes);
  op.parts = 0;
}
void resize(Reshape& op, const Node& node, const Fewer& fewer) {
  if (!fewer.has(node.outputs[0])) return;
  std::int64_t& size = op.shape[fewer.channels(node.outputs[0]).axis];
  if (size > 0) size = fewer.size(node.outputs[0]);
}
void resize(Pad& op, const Node& node, const Fewer& fewer) {
  if (!fewer.has(node.outputs[0])) return;
  const Shape& shape = fewer.map().shape(node.inputs[0]);
  const std::size_t axis = fewer.channels(node.outputs[0]).axis, first = shape.rank() - op.padding.begin.values.size();
  if (axis < first) return;
  std::int64_t& begin = op.padding.begin.values[axis - first];
  std::int64_t& end = op.padding.end.values[axis - first];
  const std::int64_t old_begin = begin, inside = std::ssize(fewer.channels(node.inputs[0]).ids);
  if (begin == 0 && end == 0) return;
  begin = end = 0;
  for (const auto& part : fewer.regrouping(node.outputs[0]).parts) {
    begin += part.front() < old_begin ? 1 : 0;
    end += part.front() >= old_begin + inside ? 1 : 0;
  }
}
void resize(Constant& op, const Node& node, const Fewer& fewer) {
  if (fewer.has(node.outputs[0])) op.shape[fewer.channels(node.outputs[0]).axis] = fewer.size(node.outputs[0]);
}
template <class Op>
void resize(Op&, const Node&, const Fewer&) {}

/// Rewrites a node's parameters; the norm that went with them, if any.
NodeId merge_parameters(Graph& graph, NodeId id, const Readers& readers, const Fewer& fewer) {
  NodeId with = none;
  for (const Strand& strand : strands_of(fewer.map(), graph.node(id))) {
    if (!fewer.has(strand.value)) continue;
    const Node& node = graph.node(id);
    const bool of_output = strand.value == node.outputs[0] && strand.how == Merge::mean;
    const NodeId norm =
        is_layer(node) && of_output && strand.slot != Slot::pad_value ? norm_behind(graph, readers, node) : none;
    const Regrouping regrouping = fewer.regrouping(strand.value);
    if (norm == none) {
      store(graph, id, strand.slot,
            regrouped(numbers_of(graph, node, strand.slot), strand.dim, regrouping, strand.how));
    } else if (with == none) {
      merge_through_norm(graph, id, norm, strand.dim, regrouping);
      with = norm;
    }
  }
  return with;
}

}  // namespace

void shrink(Graph& graph, const ChannelMap& map, const NeuronSet& set, const Clusters& clusters) {
  const Fewer fewer(map, set, clusters);
  const Readers readers = graph.readers();
  std::set<NodeId> done;
  for (const NodeId id : graph.live_ids()) {
    const Node& node = graph.node(id);
    const bool lone_norm = node.as<BatchNorm>() && !done.contains(id) && fewer.has(node.outputs[0]);
    if (lone_norm) merge_lone_norm(graph, id, fewer.regrouping(node.outputs[0]));
    else if (!node.as<BatchNorm>()) done.insert(merge_parameters(graph, id, readers, fewer));
  }
  // Attributes last: until then they are those that the map is of.
  for (Node& node : graph.live()) {
    std::visit([&](auto& op) { resize(op, node, fewer); }, node.op);
  }
}

}  // namespace banoff::pruning
