#include "runtime/compress/quantize/describe.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

double total_of(const Noise& noise) {
  double total = 0;
  for (const double of_value : noise.of_value) total += of_value;
  for (const auto& [id, of_weights] : noise.of_weights) total += of_weights;
  return total == 0 ? 1 : total;
}

void describe_value(const Decided& decided, QuantizedLayer& layer, ValueId id, double total) {
  layer.value_noise += decided.noise.of_value[index(id)] / total;
  if (!decided.chosen.places.put[index(id)]) return;
  const FakeQuantize& grid = *decided.chosen.grids[index(id)];
  const auto [least, most] = banoff::range_of(grid.type);
  layer.value = decided.graph.value(id).name;
  layer.scale = grid.scale;
  layer.zero_point = grid.zero_point;
  layer.low = grid.scale * static_cast<double>(least - grid.zero_point);
  layer.high = grid.scale * static_cast<double>(most - grid.zero_point);
}

void describe_weights(const Decided& decided, QuantizedLayer& layer, NodeId id, double total) {
  layer.why = decided.chosen.places.why[index(id)];
  layer.makes_pixels = std::ranges::any_of(decided.pixels, [&](const auto& made) { return made.second == id; });
  if (const auto noise = decided.noise.of_weights.find(id); noise != decided.noise.of_weights.end())
    layer.weight_noise = noise->second / total;
  const auto found = decided.chosen.weights.find(id);
  if (found == decided.chosen.weights.end()) return;
  layer.integers = true;
  layer.largest_weight_scale = std::ranges::max(found->second.grid.scale.to_vector<double>());
  layer.dead_outputs = found->second.dead_outputs;
  for (const double change : decided.added.at(id)) layer.correction = std::max(layer.correction, std::abs(change));
}

}  // namespace

std::vector<QuantizedLayer> described(const Decided& decided) {
  const double total = total_of(decided.noise);
  std::vector<QuantizedLayer> result;
  for (const GraphInput& input : decided.graph.inputs) {
    if (!decided.all.put[index(input.value)]) continue;
    QuantizedLayer layer{decided.graph.value(input.value).name, "input", {}, false, {}, {}};
    describe_value(decided, layer, input.value, total);
    result.push_back(std::move(layer));
  }
  for (const NodeId id : decided.graph.live_ids()) {
    const Node& node = decided.graph.node(id);
    QuantizedLayer layer{node.name, std::string(name_of(node.op)), node.where.str(), false, {}, {}};
    for (const ValueId output : node.outputs) describe_value(decided, layer, output, total);
    describe_weights(decided, layer, id, total);
    if (!layer.value.empty() || has_weights(node)) result.push_back(std::move(layer));
  }
  return result;
}

}  // namespace banoff::quantize
