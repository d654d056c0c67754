#include "folding/optimal/guard.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "folding/linear_op.hpp"
#include "folding/optimal/state.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

std::size_t index(std::int32_t id) { return static_cast<std::size_t>(id); }

/// Whether a node's result depends on the originals of its inputs rather than on their stored forms: it takes an
/// inverse, or it adds values whose offsets cancel.
bool reads_originals(const Graph& graph, const Node& node) {
  return node.as<BatchNorm>() || node.as<Affine>() || node.as<Binary>() || is_expressive(graph, node);
}

/// Typical values of a batch norm's two sides, per channel.
struct Magnitudes {
  std::vector<double> x_center, x_spread, y_center, y_spread;
};

Magnitudes magnitudes(const Graph& graph, const Node& norm) {
  const auto get = [&](Slot slot, std::size_t count, double missing) {
    const Tensor* tensor = graph.param(norm, slot);
    return tensor ? tensor->to_vector<double>() : std::vector<double>(count, missing);
  };
  Magnitudes result;
  result.x_center = get(Slot::mean, 0, 0);
  const std::size_t channels = result.x_center.size();
  result.x_spread = get(Slot::var, channels, 1);
  for (double& each : result.x_spread) each = std::sqrt(each + norm.as<BatchNorm>()->eps);
  result.y_center = get(Slot::bias, channels, 0);
  result.y_spread = get(Slot::weight, channels, 1);
  return result;
}

class Guard {
 public:
  Guard(const System& system, const Problem& problem, const Assignment& assignment,
        const std::vector<std::size_t>& chosen)
      : system_(system), problem_(problem), assignment_(assignment), chosen_(chosen), read_(problem.offsets.size()) {
    std::set<NodeId> removed;
    for (const std::size_t item : chosen) removed.insert(problem.items[item].node);
    const Graph& graph = system.graph();
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      if (node.outputs.empty() || removed.contains(static_cast<NodeId>(i)) || !reads_originals(graph, node)) continue;
      for (const ValueId value : node.inputs) {
        const auto [first, last] = system.range(value);
        for (VarId var = first; var < last; ++var) read_[index(problem.offset_of[index(var)])] = true;
      }
    }
  }

  [[nodiscard]] std::size_t find(double limit) const {
    const Graph& graph = system_.graph();
    for (const Node& node : graph.nodes) {
      if (node.outputs.empty() || !node.as<BatchNorm>()) continue;
      const Magnitudes typical = magnitudes(graph, node);
      const std::size_t at = std::min(hidden(node.inputs[0], typical.x_center, typical.x_spread, limit),
                                      hidden(node.outputs[0], typical.y_center, typical.y_spread, limit));
      if (at < chosen_.size()) return at;
    }
    return chosen_.size();
  }

 private:
  /// The chosen item that decides the first hidden channel of a value.
  [[nodiscard]] std::size_t hidden(ValueId value, const std::vector<double>& center, const std::vector<double>& spread,
                                   double limit) const {
    const std::vector<VarId> vars = system_.along(value, 1);
    for (std::size_t c = 0; c < vars.size(); ++c) {
      const ClassId offset_class = problem_.offset_of[index(vars[c])];
      const Gauge* gauge = assignment_.find(vars[c]);
      if (!gauge || !read_[index(offset_class)]) continue;
      const double offset = gauge->shift / gauge->num;
      const double original = std::abs(center[c]) + std::abs(spread[c]);
      const double stored = std::abs(center[c] + offset) + std::abs(spread[c]);
      if (stored > limit * original) return decider(offset_class);
    }
    return chosen_.size();
  }
  /// Of the chosen items tied to an offset class, the one of the smallest scale: that is where the offset comes from.
  [[nodiscard]] std::size_t decider(ClassId offset_class) const {
    State state(problem_);
    for (const std::size_t item : chosen_) (void)state.add(problem_.items[item]);
    const ClassId root = state.offset(offset_class).root;
    std::size_t result = chosen_.size();
    double smallest = 0;
    for (std::size_t i = 0; i < chosen_.size(); ++i) {
      for (const Channel& channel : problem_.items[chosen_[i]].channels) {
        if (state.offset(channel.x_offset).root != root) continue;
        if (result == chosen_.size() || std::abs(channel.a) < smallest) result = i, smallest = std::abs(channel.a);
      }
    }
    return result;
  }

  const System& system_;
  const Problem& problem_;
  const Assignment& assignment_;
  const std::vector<std::size_t>& chosen_;
  std::vector<bool> read_;  ///< by offset class: somebody needs the original value back
};

}  // namespace

std::size_t hidden_value(const System& system, const Problem& problem, const Assignment& assignment,
                         const std::vector<std::size_t>& chosen, double limit) {
  return Guard(system, problem, assignment, chosen).find(limit);
}

}  // namespace banoff::gauge
