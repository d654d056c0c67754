#include "runtime/compress/quantize/equalise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "folding/absorb.hpp"
#include "folding/linear_op.hpp"
#include "folding/neighbours.hpp"

namespace banoff::quantize {

namespace {

/// A channel that hardly ever differs from 0 is not blown up for its own sake.
constexpr double largest_scale = 1e4;

class Equaliser {
 public:
  Equaliser(const Graph& graph, const std::vector<TensorType>& types, const Places& places,
            const std::vector<ChannelMoments>& channels)
      : graph_(graph), places_(places), channels_(channels), system_(graph, types, crossing()) {}

  Equalised run() {
    find_scales();
    Equalised result{graph_, gain()};
    gauge::Assignment assignment;
    for (const auto& entry : scales_) {
      const double scale = entry.second;
      if (scale == 1) continue;
      system_.scales().for_members(entry.first, [&](gauge::VarId var) {
        assignment.set(var, gauge::Gauge{scale, 1, 0});
      });
    }
    gauge::Weights weights(result.graph);
    constexpr double free = std::numeric_limits<double>::infinity();
    for (const NodeId id : gauge::Neighbours(system_).touched(graph_.readers(), assignment, {}))
      (void)gauge::absorb(weights, id, system_, assignment, {free, free});
    weights.round_all(1);
    return result;
  }

 private:
  static gauge::Policy crossing() {
    gauge::Policy policy;
    policy.cross_activations = true;
    return policy;
  }

  /// How far each channel reaches.
  [[nodiscard]] std::vector<double> reaches(ValueId value) const {
    const ChannelMoments& moments = channels_[index(value)];
    std::vector<double> result(moments.mean.size());
    for (std::size_t c = 0; c < result.size(); ++c)
      result[c] = std::abs(moments.mean[c]) + reach * std::sqrt(moments.var[c]);
    return result;
  }

  /// The scale class of each channel; empty where channels are not those of dimension 1.
  [[nodiscard]] std::vector<gauge::VarId> classes(ValueId value) const {
    const std::size_t channels = channels_[index(value)].mean.size();
    if (channels < 2 || system_.shape(value).rank() < 2 || !system_.uniform_along(value, 1)) return {};
    std::vector<gauge::VarId> vars = system_.along(value, 1);
    for (gauge::VarId& var : vars) var = system_.scales().root(var);
    return vars.size() == channels ? vars : std::vector<gauge::VarId>{};
  }

  [[nodiscard]] bool is_pinned(gauge::VarId root) const {
    bool pinned = false;
    system_.scales().for_members(root, [&](gauge::VarId var) { pinned = pinned || system_.pinned(var) != nullptr; });
    return pinned;
  }

  /// No value's range grows: the class takes the least of what its values allow.
  void find_scales() {
    for (std::size_t v = 0; v < places_.put.size(); ++v) {
      const auto value = static_cast<ValueId>(v);
      if (!places_.put[v]) continue;
      const std::vector<gauge::VarId> roots = classes(value);
      if (roots.empty()) continue;
      const std::vector<double> reached = reaches(value);
      const double most = std::ranges::max(reached);
      for (std::size_t c = 0; c < roots.size(); ++c) {
        const double scale = reached[c] > 0 ? std::min(most / reached[c], largest_scale) : 1;
        const auto [at, added] = scales_.emplace(roots[c], scale);
        if (!added) at->second = std::min(at->second, scale);
      }
    }
    for (auto& [root, scale] : scales_) {
      if (is_pinned(root)) scale = 1;
    }
  }

  /// Sum over values and channels of the squared range times the squared weights that read the channel, relative to
  /// what these weights make; over the same with each channel's noise divided by its scale.
  [[nodiscard]] double gain() const {
    double before = 0, after = 0;
    for (std::size_t v = 0; v < places_.put.size(); ++v) {
      const NodeId reader = places_.only_layer[v];
      if (!places_.put[v] || reader == none) continue;
      const auto value = static_cast<ValueId>(v);
      const std::vector<gauge::VarId> roots = classes(value);
      const Node& layer = graph_.node(reader);
      if (roots.empty() || layer.inputs[0] != value) continue;
      const double range = std::ranges::max(reaches(value));
      const std::vector<double> sensitive = sensitivities(layer, roots.size());
      for (std::size_t c = 0; c < roots.size(); ++c) {
        const double noise = range * range * sensitive[c];
        const double scale = scales_.at(roots[c]);
        before += noise, after += noise / (scale * scale);
      }
    }
    return after > 0 ? before / after : 1;
  }

  [[nodiscard]] std::vector<double> sensitivities(const Node& layer, std::size_t channels) const {
    const Tensor& weight = *graph_.param(layer, Slot::weight);
    const gauge::LinearOp linear = gauge::linear_op(layer.op, weight.shape(), system_.shape(layer.inputs[0]));
    const std::vector<double> values = weight.to_vector<double>();
    const std::vector<double> made = reaches(layer.outputs[0]);
    std::vector<double> result(channels, 0.0);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto at = static_cast<std::int64_t>(i);
      const auto in = static_cast<std::size_t>(linear.in_channel(at)),
                 out = static_cast<std::size_t>(linear.out_channel(at));
      if (in < channels && out < made.size() && made[out] > 0) result[in] += std::pow(values[i] / made[out], 2);
    }
    return result;
  }

  const Graph& graph_;
  const Places& places_;
  const std::vector<ChannelMoments>& channels_;
  gauge::System system_;
  std::map<gauge::VarId, double> scales_;  // by root
};

}  // namespace

Equalised equalised(const Graph& graph, const std::vector<TensorType>& types, const Places& places,
                    const std::vector<ChannelMoments>& channels) {
  return Equaliser(graph, types, places, channels).run();
}

}  // namespace banoff::quantize
