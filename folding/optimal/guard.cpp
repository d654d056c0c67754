#include "folding/optimal/guard.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "folding/linear_op.hpp"
#include "folding/optimal/state.hpp"
#include "folding/weights.hpp"

namespace banoff::gauge {

namespace {

/// Whether a node's result depends on the originals of its inputs rather than on their stored forms: it takes an
/// inverse, or it adds values whose offsets cancel.
bool reads_originals(const Graph& graph, const Node& node) { return node.as<Binary>() || absorbs(graph, node); }

/// Typical values of a channel: |original| is about |center| + spread.
struct Typical {
  double center = 0, spread = 0;
  [[nodiscard]] double size(double offset) const { return std::abs(center + offset) + spread; }
};

class Guard {
 public:
  Guard(const System& system, const Problem& problem, const std::vector<std::size_t>& chosen)
      : system_(system), problem_(problem), chosen_(chosen), state_(problem), read_(problem.offsets.size()) {
    std::set<NodeId> removed;
    for (const std::size_t item : chosen) {
      removed.insert(problem.items[item].node);
      (void)state_.add(problem.items[item]);
    }
    const Graph& graph = system.graph();
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      if (node.outputs.empty()) continue;
      if (node.as<BatchNorm>()) note_statistics(system, node);
      if (removed.contains(static_cast<NodeId>(i)) || !reads_originals(graph, node)) continue;
      for (const ValueId value : node.inputs) {
        const auto [first, last] = system.range(value);
        for (VarId var = first; var < last; ++var) read_[index(problem.offset_of[index(var)])] = true;
      }
    }
  }

  [[nodiscard]] std::size_t find(const Assignment& assignment, double limit) const {
    for (VarId var = 0; index(var) < problem_.offset_of.size(); ++var) {
      const ClassId offset_class = problem_.offset_of[index(var)];
      const Gauge* gauge = assignment.find(var);
      const Typical* typical = typical_of(offset_class);
      if (!gauge || !typical || !read_[index(offset_class)]) continue;
      if (typical->size(gauge->shift / gauge->num) <= limit * typical->size(0)) continue;
      const std::size_t item = decider(offset_class);
      if (item < chosen_.size()) return item;
    }
    return chosen_.size();
  }

 private:
  void note_statistics(const System& system, const Node& norm) {
    const Graph& graph = system.graph();
    const std::vector<double> mean = values_of(graph, norm, Slot::mean, 0, 0);
    const std::vector<double> var = values_of(graph, norm, Slot::var, mean.size(), 1);
    const std::vector<double> beta = values_of(graph, norm, Slot::bias, mean.size(), 0);
    const std::vector<double> gamma = values_of(graph, norm, Slot::weight, mean.size(), 1);
    const std::vector<VarId> x = system.along(norm.inputs[0], 1);
    const std::vector<VarId> y = system.along(norm.outputs[0], 1);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      note(x[c], {mean[c], std::sqrt(var[c] + norm.as<BatchNorm>()->eps)});
      note(y[c], {beta[c], std::abs(gamma[c])});
    }
  }
  void note(VarId var, const Typical& typical) {
    by_offset_.try_emplace(problem_.offset_of[index(var)], typical);
    Typical& widest = by_scale_[problem_.scale_of[index(var)]];
    widest.spread = std::max(widest.spread, typical.size(0));
  }
  /// Of the channel itself, or else of the values that share its scale.
  [[nodiscard]] const Typical* typical_of(ClassId offset_class) const {
    if (const auto own = by_offset_.find(offset_class); own != by_offset_.end()) return &own->second;
    const auto shared = by_scale_.find(problem_.offsets[index(offset_class)].scale);
    return shared == by_scale_.end() ? nullptr : &shared->second;
  }
  /// The chosen item that an offset comes from: of those tied to it, or else to what it is added to, and so on, the one
  /// with the smallest factor. A map that is no batch norm is given up first.
  [[nodiscard]] std::size_t decider(ClassId offset_class) const {
    std::set<ClassId> reached;
    std::set<ClassId> roots{state_.offset(offset_class).root};
    while (roots.size() > reached.size()) {
      reached = roots;
      std::size_t result = chosen_.size();
      std::pair<bool, double> best;  // affine nodes before batch norms
      for (std::size_t i = 0; i < chosen_.size(); ++i) {
        for (const Channel& channel : problem_.items[chosen_[i]].channels) {
          if (!roots.contains(state_.offset(channel.x_offset).root)) continue;
          const std::pair<bool, double> key{is_norm(chosen_[i]), std::abs(channel.a)};
          if (result == chosen_.size() || key < best) result = i, best = key;
        }
      }
      if (result < chosen_.size()) return result;
      for (const OffsetSum& sum : problem_.sums) {
        const auto meets = [&](const auto& term) { return reached.contains(state_.offset(term.second).root); };
        if (std::ranges::none_of(sum, meets)) continue;
        for (const auto& [coefficient, id] : sum) roots.insert(state_.offset(id).root);
      }
    }
    return chosen_.size();
  }

  [[nodiscard]] bool is_norm(std::size_t item) const {
    return system_.graph().node(problem_.items[item].node).as<BatchNorm>() != nullptr;
  }

  const System& system_;
  const Problem& problem_;
  const std::vector<std::size_t>& chosen_;
  State state_;
  std::vector<bool> read_;  ///< by offset class: somebody needs the original value back
  std::map<ClassId, Typical> by_offset_, by_scale_;
};

}  // namespace

std::size_t hidden_value(const System& system, const Problem& problem, const Assignment& assignment,
                         const std::vector<std::size_t>& chosen, double limit) {
  return Guard(system, problem, chosen).find(assignment, limit);
}

}  // namespace banoff::gauge
