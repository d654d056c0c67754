#include <cmath>

#include "runtime/compress/quantize/moments.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::quantize {

namespace {

/// y = scale x + shift, the best in the least squares, channel by channel.
struct Map {
  std::vector<double> scale, shift;
};

Map fitted(const Values& from, const Values& to) {
  const std::vector<double> mean_from = channel_means(from), mean_to = channel_means(to);
  std::vector<double> together(mean_from.size(), 0.0), squares(mean_from.size(), 0.0);
  for (std::size_t s = 0; s < from.size(); ++s) {
    const Tensor x = from[s].as(DType::f32), y = to[s].as(DType::f32);
    const std::size_t inner = inner_of(x.shape());
    for (std::size_t i = 0; i < x.values<float>().size(); ++i) {
      const std::size_t channel = i / inner % mean_from.size();
      const double dx = static_cast<double>(x.values<float>()[i]) - mean_from[channel];
      together[channel] += dx * (static_cast<double>(y.values<float>()[i]) - mean_to[channel]);
      squares[channel] += dx * dx;
    }
  }
  Map map{std::move(together), mean_to};
  for (std::size_t c = 0; c < mean_from.size(); ++c) {
    // A channel that never changes says nothing of its scale, and needs none.
    map.scale[c] = squares[c] > 0 ? map.scale[c] / squares[c] : 0;
    map.shift[c] -= map.scale[c] * mean_from[c];
  }
  return map;
}

}  // namespace

std::map<ValueId, ChannelMoments> known_by_norms(const Graph& original, const Graph& folded,
                                                 const std::vector<Inputs>& sets, const ComputeNode& compute,
                                                 const ComputeNode& compute_folded) {
  std::map<std::string, ChannelMoments> told;  // by the value's name
  for (const Node& node : original.live()) {
    const auto* norm = node.as<BatchNorm>();
    if (norm == nullptr) continue;
    ChannelMoments moments{original.param(node, Slot::mean)->to_vector<double>(),
                           original.param(node, Slot::var)->to_vector<double>()};
    told.emplace(original.value(node.inputs[0]).name, std::move(moments));
  }
  std::map<std::string, Values> before;
  walk(original, sets, compute, [&](ValueId id, const Values& values) {
    if (told.contains(original.value(id).name)) before[original.value(id).name] = values;
  });
  std::map<ValueId, ChannelMoments> result;
  walk(folded, sets, compute_folded, [&](ValueId id, const Values& values) {
    const auto found = before.find(folded.value(id).name);
    if (found == before.end() || found->second[0].shape() != values[0].shape()) return;
    ChannelMoments moments = told.at(found->first);
    const Map map = fitted(found->second, values);
    if (map.scale.size() != moments.mean.size()) return;
    for (std::size_t c = 0; c < map.scale.size(); ++c) {
      moments.mean[c] = map.scale[c] * moments.mean[c] + map.shift[c];
      moments.var[c] *= map.scale[c] * map.scale[c];
    }
    result.emplace(id, std::move(moments));
  });
  return result;
}

}  // namespace banoff::quantize
