#include "runtime/compress/quantize/places.hpp"

#include <algorithm>
#include <numeric>

namespace banoff::quantize {

namespace {

bool is_elementwise(const Node& node) {
  const Role role = facts_of(node.op).role;
  return role == Role::activation || role == Role::channel_activation || role == Role::norm;
}

const Binary* as_sum(const Node& node) {
  const auto* binary = node.as<Binary>();
  return binary != nullptr && binary->kind == BinaryKind::add ? binary : nullptr;
}

}  // namespace

bool follows_inputs(const Node& node) {
  if (const auto* binary = node.as<Binary>()) return binary->kind != BinaryKind::div;
  return only_moves(node) || is_elementwise(node) || node.as<Pool>() || node.as<GlobalPool>() ||
         node.as<AdaptiveAvgPool>() || node.as<Resize>() || node.as<Pad>();
}

bool has_weights(const Node& node) { return facts_of(node.op).role == Role::layer; }

namespace {

class Finder {
 public:
  Finder(const Graph& graph, const std::vector<TensorType>& types, const std::set<NodeId>& kept)
      : graph_(graph), types_(types), kept_(kept), readers_(graph.readers()), parent_(graph.values.size()) {
    std::iota(parent_.begin(), parent_.end(), 0);
    places_.layers.resize(graph.nodes.size());
    places_.why.resize(graph.nodes.size());
    places_.on_grid.resize(graph.nodes.size());
    places_.put.resize(graph.values.size());
    places_.group.assign(graph.values.size(), none);
    places_.only_layer.assign(graph.values.size(), none);
  }

  Places run() {
    for (const NodeId id : graph_.live_ids()) mark_layer(id);
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) mark_reader(static_cast<NodeId>(n));
    for (std::size_t v = 0; v < graph_.values.size(); ++v) {
      const auto value = static_cast<ValueId>(v);
      places_.put[v] = is_read_on_grid(value) && is_made_here(value) && !goes_on(value);
    }
    tie_moves();
    for (std::size_t v = 0; v < graph_.values.size(); ++v) places_.group[v] = root(static_cast<ValueId>(v));
    find_only_layers();
    return std::move(places_);
  }

 private:
  void mark_layer(NodeId id) {
    const Node& node = graph_.node(id);
    if (!has_weights(node)) return;
    std::string& why = places_.why[index(id)];
    if (!node.as<Conv>() && !node.as<Dense>()) why = "no kernel in integers";
    else if (types_[index(node.inputs[0])].dtype != DType::f32 || types_[index(node.outputs[0])].dtype != DType::f32)
      why = "its values are not of f32";
    else if (kept_.contains(id)) why = "noise";
    places_.layers[index(id)] = why.empty();
  }

  /// In reverse order, so that who reads the outputs is known.
  void mark_reader(NodeId id) {
    const Node& node = graph_.node(id);
    if (node.erased()) return;
    const auto read = [&](ValueId output) { return is_read_on_grid(output); };
    places_.on_grid[index(id)] = places_.layers[index(id)] || (follows_inputs(node) && !kept_.contains(id) &&
                                                               std::ranges::any_of(node.outputs, read));
  }

  [[nodiscard]] bool is_read_on_grid(ValueId value) const {
    if (types_[index(value)].dtype != DType::f32) return false;
    return std::ranges::any_of(readers_.of(value), [&](NodeId reader) { return places_.on_grid[index(reader)]; });
  }

  /// Not a constant, and not on its grid already since it was only moved there.
  [[nodiscard]] bool is_made_here(ValueId value) const {
    const NodeId producer = graph_.value(value).producer;
    if (producer == none) return true;
    const Node& node = graph_.node(producer);
    return !node.erased() && facts_of(node.op).memory != Memory::known && !only_moves(node) && !node.as<FakeQuantize>();
  }

  /// Whether the value's only reader is computed in one kernel with what makes it: then only the end is rounded.
  [[nodiscard]] bool goes_on(ValueId value) const {
    const NodeId reader = readers_.only(value);
    const NodeId producer = graph_.value(value).producer;
    if (reader == none || producer == none) return false;
    const Node& maker = graph_.node(producer);
    const bool starts = has_weights(maker) || is_elementwise(maker) || as_sum(maker) != nullptr;
    if (starts && is_elementwise(graph_.node(reader))) return true;
    return as_sum(graph_.node(reader)) != nullptr && summed_in(graph_.node(reader)) == value;
  }

  /// The input of a sum that is a layer's result and joins it: the last that is made; none where there is none.
  [[nodiscard]] ValueId summed_in(const Node& sum) const {
    ValueId last = none;
    for (const ValueId input : sum.inputs) {
      const NodeId producer = graph_.value(input).producer;
      const bool layer = producer != none && (places_.layers[index(producer)] || kept_.contains(producer));
      const bool joins = layer && readers_.only(input) != none;
      if (joins && (last == none || producer > graph_.value(last).producer)) last = input;
    }
    return last;
  }

  void tie_moves() {
    for (const NodeId id : graph_.live_ids()) {
      const Node& node = graph_.node(id);
      if (!places_.on_grid[index(id)] || !only_moves(node)) continue;
      const std::size_t moved = node.as<Concat>() ? node.inputs.size() : 1;
      for (std::size_t i = 0; i < moved; ++i) unite(node.inputs[i], node.outputs[0]);
      for (const ValueId output : node.outputs) unite(node.inputs[0], output);
    }
  }

  void find_only_layers() {
    for (std::size_t v = 0; v < graph_.values.size(); ++v) {
      if (!places_.put[v]) continue;
      std::set<NodeId> layers;
      if (collect(static_cast<ValueId>(v), layers) && layers.size() == 1) places_.only_layer[v] = *layers.begin();
    }
  }

  /// Adds the layers that read the grid of this value, moved or not; false where something else reads it as well.
  bool collect(ValueId value, std::set<NodeId>& layers) const {
    for (const NodeId reader : readers_.of(value)) {
      if (!places_.on_grid[index(reader)]) continue;
      const Node& node = graph_.node(reader);
      if (places_.layers[index(reader)]) layers.insert(reader);
      else if (!only_moves(node)) return false;
      else if (!std::ranges::all_of(node.outputs, [&](ValueId output) { return collect(output, layers); }))
        return false;
    }
    return true;
  }

  [[nodiscard]] std::int32_t root(ValueId value) const {
    while (parent_[index(value)] != value) value = parent_[index(value)];
    return value;
  }
  void unite(ValueId a, ValueId b) { parent_[index(root(a))] = root(b); }

  const Graph& graph_;
  const std::vector<TensorType>& types_;
  const std::set<NodeId>& kept_;
  Readers readers_;
  std::vector<std::int32_t> parent_;
  Places places_;
};

}  // namespace

Places find_places(const Graph& graph, const std::vector<TensorType>& types, const std::set<NodeId>& kept) {
  return Finder(graph, types, kept).run();
}

}  // namespace banoff::quantize
