#include "folding/fold.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "folding/absorb.hpp"
#include "folding/before.hpp"
#include "folding/chain.hpp"
#include "folding/neighbours.hpp"
#include "folding/optimal/affine_tails.hpp"
#include "folding/optimal/objective.hpp"
#include "folding/optimal/optimal.hpp"
#include "folding/parallel.hpp"
#include "folding/report.hpp"
#include "folding/self_check.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/half_precision.hpp"

namespace banoff {

namespace {

using gauge::Gauge;
using gauge::Refused;
using gauge::VarId;

/// Which side of a batch norm changes its gauge: backward, its input (C_in of the paper) comes to hold what its output
/// held; forward, its output (C_out) comes to hold what its input held.
enum class Direction : std::uint8_t { backward, forward };

/// Folds one batch norm after the other, keeping the system of gauges in step with the graph.
class Folder {
 public:
  Folder(gauge::Weights& weights, const std::vector<TensorType>& types, const gauge::Policy& policy,
         const FoldOptions& options, const ComputeNode& compute)
      : weights_(weights),
        graph_(weights.graph()),
        options_(options),
        compute_(compute),
        types_(types),
        system_(graph_, types, policy),
        neighbours_(system_),
        readers_(graph_),
        before_(weights_.version()) {}

  /// The report of a norm that nothing was done to.
  [[nodiscard]] FoldedNorm untouched(NodeId id) const {
    FoldedNorm result;
    result.name = graph_.node(id).name;
    result.where = graph_.node(id).where.str();
    return result;
  }

  FoldedNorm fold(NodeId id) {
    FoldedNorm result = untouched(id);
    std::optional<Refused> backward;
    for (const Direction direction : {Direction::backward, Direction::forward}) {
      try {
        attempt(id, direction, result);
        return result;
      } catch (const Refused& refused) {
        if (!backward) {
          backward = refused;
        } else {
          explain_refusal(result, *backward, refused);
        }
      }
    }
    return result;
  }

  [[nodiscard]] double worst_error() const { return worst_error_; }

 private:
  /// Folds or throws Refused; then graph and result are as they were.
  void attempt(NodeId id, Direction direction, FoldedNorm& result) {
    const Node norm = graph_.node(id);
    if (options_.method == Method::naive) {
      direction == Direction::backward ? gauge::require_chain_before(graph_, readers_, norm)
                                       : gauge::require_chain_after(graph_, readers_, norm);
    }
    const gauge::Assignment assignment = solve_for(norm, direction);
    const std::vector<NodeId> nodes = neighbours_.touched(readers_, assignment, {{id}});
    std::vector<NodeId> changed = with_producers(nodes);
    try {
      FoldedNorm done = rewrite(nodes, id, assignment, direction);
      if (!done.inverse.empty()) require_precision(norm, direction);
      if (options_.self_check) check(nodes, id, assignment);
      forget_matrices(nodes);
      const std::vector<NodeId> behind = readers_.of(norm.outputs[0]);
      changed.insert(changed.end(), behind.begin(), behind.end());
      graph_.bypass(id, readers_);
      before_.keep(weights_.version(), changed);
      done.name = result.name;
      done.where = result.where;
      explain_fold(done, direction == Direction::backward);
      result = std::move(done);
    } catch (const Refused&) {
      before_.restore(weights_, changed);
      throw;
    }
    system_.merge(norm.inputs[0], norm.outputs[0]);
  }

  /// The nodes and those that feed them: a constant goes with the product whose weights it becomes.
  [[nodiscard]] std::vector<NodeId> with_producers(const std::vector<NodeId>& nodes) const {
    std::vector<NodeId> result = nodes;
    for (const NodeId id : nodes) {
      for (const ValueId input : graph_.node(id).inputs) {
        if (const NodeId producer = graph_.value(input).producer; producer != none) result.push_back(producer);
      }
    }
    return result;
  }

  /// A product whose constant became its weights reads it no more.
  void forget_matrices(const std::vector<NodeId>& nodes) {
    for (const NodeId id : nodes) {
      for (const ValueId value : before_.graph().node(id).inputs) {
        const std::vector<ValueId>& now = graph_.node(id).inputs;
        if (std::ranges::find(now, value) == now.end()) readers_.forget(value, id);
      }
    }
  }

  [[nodiscard]] gauge::Assignment solve_for(const Node& norm, Direction direction) const {
    const gauge::AffineMap map = gauge::affine_map(graph_, norm);
    const bool backward = direction == Direction::backward;
    const std::vector<VarId> changed = system_.along(backward ? norm.inputs[0] : norm.outputs[0], 1);
    const std::vector<VarId> held = system_.along(backward ? norm.outputs[0] : norm.inputs[0], 1);
    std::vector<std::pair<VarId, Gauge>> wanted;
    for (std::size_t c = 0; c < changed.size(); ++c) {
      const double a = map.scale[c];
      const double d = map.shift[c];
      wanted.emplace_back(changed[c], backward ? Gauge{a, 1.0, d} : Gauge{1.0, a, -d});
    }
    return gauge::solve(system_, wanted, held);
  }

  FoldedNorm rewrite(const std::vector<NodeId>& nodes, NodeId norm, const gauge::Assignment& assignment,
                     Direction direction) {
    FoldedNorm done;
    done.folded = true;
    // Only the inverse magnifies rounding errors: the map itself was there before.
    const bool backward = direction == Direction::backward;
    constexpr double free = std::numeric_limits<double>::infinity();
    const gauge::Limits limits{backward ? options_.max_amplification : free,
                               backward ? free : options_.max_amplification};
    for (const NodeId id : nodes) {
      if (id == norm) continue;
      const gauge::Absorbed absorbed = absorb(weights_, id, system_, assignment, limits);
      const std::string& name = graph_.node(id).name;
      if (backward ? absorbed.of_output : absorbed.of_input) done.into.push_back(name);
      if (backward ? absorbed.of_input : absorbed.of_output) done.inverse.push_back(name);
      done.clamp = done.clamp || absorbed.clamp;
    }
    return done;
  }

  /// Whoever takes the inverse reads (or adds to) the original out of what is stored in its place: it must not be
  /// hidden there. Sizes before and behind the norm are those that its statistics tell.
  void require_precision(const Node& norm, Direction direction) const {
    const bool backward = direction == Direction::backward;
    const gauge::AffineMap map = gauge::affine_map(graph_, norm);
    const std::vector<double> mean = gauge::values_of(graph_, norm, Slot::mean, 0, 0);
    const std::vector<double> var = gauge::values_of(graph_, norm, Slot::var, mean.size(), 1);
    const std::vector<double> beta = gauge::values_of(graph_, norm, Slot::bias, mean.size(), 0);
    const double limit = gauge::cancellation_limit(options_, types_[gauge::index(norm.inputs[0])].dtype);
    for (std::size_t c = 0; c < mean.size(); ++c) {
      const double sigma = std::sqrt(var[c] + norm.as<BatchNorm>()->eps);
      const double a = std::abs(map.scale[c]);
      const double input = a * (std::abs(mean[c]) + sigma), output = std::abs(beta[c]) + a * sigma;
      const double ratio = backward ? output / input : input / output;
      if (ratio <= limit) continue;
      throw Refused{Blocker::amplification,
                    norm.name,
                    {},
                    fmt::format("what is stored would be {:.3g} times as large as what is needed of it", ratio)};
    }
  }

  void check(const std::vector<NodeId>& nodes, NodeId norm, const gauge::Assignment& assignment) {
    const auto result = self_check(before_.version(), weights_.version(), nodes, {{norm}}, system_, assignment, types_,
                                   compute_, gauge::threads_of(options_));
    if (!(result.error <= options_.tolerance))
      throw Refused{Blocker::self_check, before_.graph().node(result.worst).name, {}, result.failure};
    worst_error_ = std::max(worst_error_, result.error);
  }

  gauge::Weights& weights_;
  Graph& graph_;
  const FoldOptions& options_;
  const ComputeNode& compute_;
  const std::vector<TensorType>& types_;
  gauge::System system_;
  gauge::Neighbours neighbours_;
  Readers readers_;
  gauge::Before before_;
  double worst_error_ = 0;
};

/// Norms with a scale of 0 have no inverse: they go one by one, where nobody needs it. A norm that takes one up becomes
/// such a norm. Returns those that went.
std::map<NodeId, FoldedNorm> fold_without_inverse(Folder& folder, const Graph& graph) {
  std::map<NodeId, FoldedNorm> gone;
  for (std::optional<std::size_t> before; before != gone.size();) {
    before = gone.size();
    for (const NodeId id : gauge::without_inverse(graph)) {
      FoldedNorm norm = folder.fold(id);
      if (norm.folded) gone.emplace(id, std::move(norm));
    }
  }
  return gone;
}

void report_optimum(FoldReport& report, const Graph& original, const gauge::OptimalResult& optimal) {
  std::size_t chosen = 0;
  for (const NodeId id : original.live_ids()) {
    const bool gone = optimal.norms.contains(id);
    if (original.node(id).as<BatchNorm>() && gone) ++chosen;
    if (!original.node(id).as<Affine>()) continue;
    ++report.affine_nodes;
    if (gone) ++report.affine_folded;
  }
  // What went beside the optimum's choice goes under any choice.
  report.folded_literal = report.folded() - chosen + optimal.with_literal;
  report.folded_clamp = report.folded() - chosen + optimal.with_clamps;
  report.proved = optimal.proved;
}

/// Whether what a fold may cost decides anything.
bool weighs(const FoldOptions& options) {
  return options.method == Method::optimal && options.objective == Objective::bytes &&
         (options.activations == Activations::automatic || options.borders);
}

/// Nodes of half precision whose parameters do not fit there.
std::vector<std::string> widened(const Graph& graph, const Bindings& bindings) {
  const std::vector<TensorType> types = infer_types(graph, bindings);
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) {
    const Shape input = node.inputs.empty() ? Shape{} : types[gauge::index(node.inputs[0])].shape;
    if (!parameters_fit(graph, node, input, types[gauge::index(node.outputs[0])].dtype)) names.push_back(node.name);
  }
  return names;
}

}  // namespace

FoldReport fold(Graph& graph, const Bindings& bindings, const FoldOptions& options, const ComputeNode& compute,
                const Price& price) {
  if (options.self_check && !compute && options.method != Method::none) {
    fail_usage("a self-checked fold needs something to compute with");
  }
  if (!price && weighs(options)) fail_usage("what clamps and padding values cost has to be asked of prices");
  FoldReport report;
  report.method = options.method;
  count_parameters(graph, report.parameters_before, report.trainable_before);
  const bool seeks_optimum = options.method == Method::optimal;
  if (seeks_optimum) graph = gauge::with_affine_nodes(graph, infer_types(graph, bindings));
  const Graph original = graph;
  const std::vector<TensorType> types = infer_types(graph, bindings);
  gauge::Weights weights(graph);
  gauge::OptimalResult optimal;
  std::map<NodeId, FoldedNorm> gone;
  if (seeks_optimum) {
    if (!gauge::without_inverse(graph).empty()) {
      Folder folder(weights, types, gauge::Policy{true, false, {}}, options, compute);
      gone = fold_without_inverse(folder, graph);
      report.max_relative_error = folder.worst_error();
    }
    optimal = gauge::fold_optimal(weights, types, options, compute, price);
    report.max_relative_error = std::max(report.max_relative_error, optimal.error);
    gone.insert(optimal.norms.begin(), optimal.norms.end());
  }
  // What the optimum leaves is tried alone: another norm's going may have made room for it.
  std::optional<Folder> folder;
  std::int64_t folded_channels = 0;
  for (const NodeId id : original.live_ids()) {
    const Node& node = original.node(id);
    if (!node.as<BatchNorm>()) continue;
    FoldedNorm& norm = report.norms.emplace_back();
    if (options.method == Method::none) {
      norm = {node.name, node.where.str(), false, false, {}, {}, Blocker::none, "folding is off", "", {}};
    } else if (const auto found = gone.find(id); found != gone.end()) {
      norm = found->second;
    } else {
      if (!folder) folder.emplace(weights, types, optimal.policy, options, compute);
      const bool costly = optimal.costly.contains(id);
      norm = costly ? folder->untouched(id) : folder->fold(id);
      const auto left = optimal.left.find(id);
      if (!norm.folded && left != optimal.left.end()) explain_left(norm, left->second);
    }
    if (norm.folded) folded_channels += original.param(node, Slot::mean)->elements();
  }
  weights.round_all(gauge::threads_of(options));
  gauge::rejoin_affine_tails(graph);
  graph = graph.compacted();
  if (seeks_optimum) report_optimum(report, original, optimal);
  if (folder) report.max_relative_error = std::max(report.max_relative_error, folder->worst_error());
  report.widened = widened(graph, bindings);
  count_parameters(graph, report.parameters_after, report.trainable_after);
  if (report.trainable_before > 0) {
    report.removed_percent_paper =
        100.0 * 2.0 * static_cast<double>(folded_channels) / static_cast<double>(report.trainable_before);
  }
  return report;
}

}  // namespace banoff
