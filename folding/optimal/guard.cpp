#include "folding/optimal/guard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "folding/linear_op.hpp"
#include "folding/optimal/state.hpp"
#include "folding/optimal/typical.hpp"
#include "folding/weights.hpp"
#include "runtime/graph/half_precision.hpp"

namespace banoff::gauge {

namespace {

/// Whether a node's result depends on the originals of its inputs rather than on their stored forms: it takes an
/// inverse, or it adds values whose offsets cancel.
bool reads_originals(const Graph& graph, const Node& node) { return node.as<Binary>() || absorbs(graph, node); }

class Guard {
 public:
  Guard(const System& system, const Problem& problem, const Assignment& assignment,
        const std::vector<std::size_t>& chosen, const FoldOptions& options)
      : system_(system),
        problem_(problem),
        assignment_(assignment),
        chosen_(chosen),
        options_(options),
        statistics_(system, problem),
        state_(problem),
        read_(problem.offsets.size()) {
    for (const std::size_t item : chosen) {
      removed_.insert(problem.items[item].node);
      (void)state_.add(problem.items[item]);
      state_.settle();
    }
    const Graph& graph = system.graph();
    for (const NodeId id : graph.live_ids()) {
      const Node& node = graph.node(id);
      if (removed_.contains(id) || !reads_originals(graph, node)) continue;
      for (const ValueId value : node.inputs) {
        const auto [first, last] = system.range(value);
        for (VarId var = first; var < last; ++var) read_[index(problem.offset_of[index(var)])] = true;
      }
    }
  }

  [[nodiscard]] std::optional<Loss> find() const {
    const Graph& graph = system_.graph();
    std::vector<ValueId> live;
    for (const Node& node : graph.nodes) live.insert(live.end(), node.outputs.begin(), node.outputs.end());
    std::ranges::sort(live);
    for (const ValueId value : live) {
      const auto [first, last] = system_.range(value);
      for (VarId var = first; var < last; ++var) {
        const Gauge* gauge = assignment_.find(var);
        const Typical* typical = statistics_.of(problem_.offset_of[index(var)]);
        if (!gauge || !typical) continue;
        if (std::optional<Loss> loss = hidden(value, var, *gauge, *typical)) return loss;
        if (std::optional<Loss> loss = out_of_range(value, var, *gauge, *typical)) return loss;
      }
    }
    for (const NodeId id : graph.live_ids()) {
      if (removed_.contains(id)) continue;
      if (std::optional<Loss> loss = rounded_terms(graph.node(id))) return loss;
    }
    return std::nullopt;
  }

 private:
  /// The original is lost in the rounding of what is stored.
  [[nodiscard]] std::optional<Loss> hidden(ValueId value, VarId var, const Gauge& gauge, const Typical& typical) const {
    const ClassId offset_class = problem_.offset_of[index(var)];
    if (!read_[index(offset_class)]) return std::nullopt;
    const double limit = cancellation_limit(options_, system_.type(value).dtype);
    const double offset = gauge.shift / gauge.num;
    const double now = rounded_at(value, typical);
    if (typical.size(offset) <= limit * now) return std::nullopt;
    return given_up(decider_of_offset(offset_class),
                    fmt::format("'{}' would be stored with an offset of {:.3g}, and is rounded at a size of {:.3g} now",
                                system_.graph().value(value).name, offset, now));
  }

  /// The size at which the network as it is rounds a value. Half precision has no digits to spare for what an
  /// activation takes away: there it is the value's own, and no more than a clip lets through.
  [[nodiscard]] double rounded_at(ValueId value, const Typical& typical) const {
    if (!is_half(system_.type(value).dtype)) return typical.noise;
    const NodeId producer = system_.graph().value(value).producer;
    const auto* clip = producer == none ? nullptr : system_.graph().node(producer).as<Activation>();
    if (!clip || clip->kind != ActivationKind::clip) return typical.size(0);
    return std::min(typical.size(0), std::max(std::abs(clip->alpha), std::abs(clip->beta)));
  }

  /// An addition that stays becomes a product and a sum, which is rounded at the size of its terms.
  [[nodiscard]] std::optional<Loss> rounded_terms(const Node& node) const {
    const auto* op = node.as<Affine>();
    if (!op || op->scale) return std::nullopt;
    const std::size_t axis = map_axis(node, system_.shape(node.inputs[0]));
    const std::vector<VarId> xs = system_.along(node.inputs[0], axis), ys = system_.along(node.outputs[0], axis);
    const AffineMap map = affine_map(system_.graph(), node);
    for (std::size_t c = 0; c < xs.size(); ++c) {
      const Gauge x = gauge_of(xs[c]), y = gauge_of(ys[c]);
      const Typical* typical = statistics_.of(problem_.offset_of[index(ys[c])]);
      const double term = map.shift[c] - x.shift / x.num + y.shift / y.num;
      const double limit = cancellation_limit(options_, system_.type(node.outputs[0]).dtype);
      if (!typical || x.num == y.num || std::abs(term) <= limit * typical->noise) continue;
      auto decider = decider_of_scale(problem_.scale_of[index(ys[c])]);
      if (!decider) decider = decider_of_scale(problem_.scale_of[index(xs[c])]);
      return given_up(decider, fmt::format("'{}' would be the difference of numbers of {:.3g}, which leaves {:.3g}",
                                           node.name, std::abs(term), typical->size(0)));
    }
    return std::nullopt;
  }
  [[nodiscard]] Gauge gauge_of(VarId var) const {
    const Gauge* gauge = assignment_.find(var);
    return gauge ? *gauge : Gauge{};
  }

  /// What is stored does not fit the type. Half precision alone is so narrow that it is worth asking.
  [[nodiscard]] std::optional<Loss> out_of_range(ValueId value, VarId var, const Gauge& gauge,
                                                 const Typical& typical) const {
    if (system_.type(value).dtype != DType::f16) return std::nullopt;
    constexpr double smallest = 0x1p-14;  // the smallest normal number
    constexpr double deviations = 6;
    const double offset = gauge.shift / gauge.num;
    const double size = std::abs(gauge.num) * typical.size(offset);
    const double largest = std::abs(gauge.num) * (std::abs(typical.center + offset) + deviations * typical.spread);
    const bool overflows = largest > largest_of(DType::f16);
    const bool underflows = size < smallest && typical.size(0) >= smallest;
    if (!overflows && !underflows) return std::nullopt;
    return given_up(decider_of_scale(problem_.scale_of[index(var)]),
                    fmt::format("'{}' would be stored as {:.3g} in half precision", system_.graph().value(value).name,
                                overflows ? largest : size));
  }

  [[nodiscard]] static std::optional<Loss> given_up(std::optional<std::size_t> item, std::string details) {
    if (!item) return std::nullopt;
    return Loss{*item, std::move(details)};
  }

  /// The chosen item whose channels `concerns` says yes to that is worth least and does most, by `harm`: a map that is
  /// no batch norm before batch norms.
  template <class Concerns, class Harm>
  [[nodiscard]] std::optional<std::size_t> worst(Concerns&& concerns, Harm&& harm) const {
    std::optional<std::size_t> result;
    std::pair<bool, double> best;
    for (const std::size_t item : chosen_) {
      for (const Channel& channel : problem_.items[item].channels) {
        if (!concerns(channel)) continue;
        const std::pair<bool, double> key{is_norm(item), -harm(channel)};
        if (!result || key < best) result = item, best = key;
      }
    }
    return result;
  }

  /// The chosen item that an offset comes from: of those tied to it, or else to what it is added to, and so on.
  [[nodiscard]] std::optional<std::size_t> decider_of_offset(ClassId offset_class) const {
    std::set<ClassId> reached;
    std::set<ClassId> roots{state_.offset(offset_class).root};
    while (roots.size() > reached.size()) {
      reached = roots;
      const auto tied = [&](const Channel& channel) { return roots.contains(state_.offset(channel.x_offset).root); };
      // Its shift as it stands behind the map, or before it.
      const auto harm = [](const Channel& channel) { return std::abs(channel.d) / std::min(1.0, std::abs(channel.a)); };
      if (const std::optional<std::size_t> result = worst(tied, harm)) return result;
      for (const OffsetSum& sum : problem_.sums) {
        const auto meets = [&](const auto& term) { return reached.contains(state_.offset(term.second).root); };
        if (std::ranges::none_of(sum, meets)) continue;
        for (const auto& [coefficient, id] : sum) roots.insert(state_.offset(id).root);
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<std::size_t> decider_of_scale(ClassId scale_class) const {
    const ClassId root = state_.scale(scale_class).root;
    return worst([&](const Channel& channel) { return state_.scale(channel.x_scale).root == root; },
                 [](const Channel& channel) { return std::abs(std::log(std::abs(channel.a))); });
  }

  [[nodiscard]] bool is_norm(std::size_t item) const {
    return system_.graph().node(problem_.items[item].node).as<BatchNorm>() != nullptr;
  }

  const System& system_;
  const Problem& problem_;
  const Assignment& assignment_;
  const std::vector<std::size_t>& chosen_;
  const FoldOptions& options_;
  Statistics statistics_;
  State state_;
  std::set<NodeId> removed_;
  std::vector<bool> read_;  ///< by offset class: somebody needs the original value back
};

}  // namespace

std::optional<Loss> first_loss(const System& system, const Problem& problem, const Assignment& assignment,
                               const std::vector<std::size_t>& chosen, const FoldOptions& options) {
  return Guard(system, problem, assignment, chosen, options).find();
}

}  // namespace banoff::gauge
