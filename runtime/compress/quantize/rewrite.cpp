#include "runtime/compress/quantize/rewrite.hpp"

#include <algorithm>
#include <numeric>

namespace banoff::quantize {

namespace {

class Writer {
 public:
  Writer(const Graph& graph, const Places& places, const Grids& grids) : from_(graph), places_(places), grids_(grids) {
    result_.graph = graph;
    result_.graph.nodes.clear();
    now_.resize(graph.values.size());
    std::iota(now_.begin(), now_.end(), 0);
  }

  Rewritten run(const std::map<NodeId, LayerWeights>& weights) {
    for (const GraphInput& input : from_.inputs) put(input.value, {});
    for (const NodeId id : from_.live_ids()) {
      const auto found = weights.find(id);
      copy(id, found == weights.end() ? nullptr : &found->second.grid);
    }
    return std::move(result_);
  }

 private:
  void copy(NodeId id, const GridWeights* weights) {
    Graph& graph = result_.graph;
    Node node = from_.node(id);
    if (places_.on_grid[index(id)])
      std::ranges::transform(node.inputs, node.inputs.begin(), [&](ValueId input) { return now_[index(input)]; });
    const auto here = static_cast<NodeId>(graph.nodes.size());
    for (const ValueId output : node.outputs) graph.values[index(output)].producer = here;
    graph.nodes.push_back(std::move(node));
    if (weights != nullptr) {
      set_grid_weights(graph, here, *weights);
      add_bias(here, weights->scale.shape());
      result_.before.emplace(here, id);
    }
    for (const ValueId output : from_.node(id).outputs) put(output, from_.node(id).where);
  }

  /// So that there is something to correct.
  void add_bias(NodeId id, const Shape& shape) {
    Graph& graph = result_.graph;
    if (graph.param(graph.node(id), Slot::bias) != nullptr) return;
    if (auto* conv = std::get_if<Conv>(&graph.node(id).op)) conv->bias = true;
    if (auto* dense = std::get_if<Dense>(&graph.node(id).op)) dense->bias = true;
    std::vector<float> zeros(static_cast<std::size_t>(shape[0]), 0.0F);
    graph.set_param(id, Slot::bias, Tensor::of<float>(shape, std::move(zeros)));
  }

  void put(ValueId value, const Location& where) {
    if (!places_.put[index(value)]) return;
    Graph& graph = result_.graph;
    std::string name = graph.value(value).name + ".grid";
    while (std::ranges::any_of(graph.values, [&](const Value& other) { return other.name == name; })) name += "_";
    const NodeId id = graph.add_node({std::move(name), *grids_[index(value)], {value}, {}, {}, where});
    now_[index(value)] = graph.node(id).outputs[0];
  }

  const Graph& from_;
  const Places& places_;
  const Grids& grids_;
  Rewritten result_;
  std::vector<ValueId> now_;  // by ValueId: what those on grids read
};

}  // namespace

Rewritten with_grids(const Graph& graph, const Places& places, const Grids& grids,
                     const std::map<NodeId, LayerWeights>& weights) {
  return Writer(graph, places, grids).run(weights);
}

}  // namespace banoff::quantize
