#include "folding/fold.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "folding/absorb.hpp"
#include "folding/chain.hpp"
#include "folding/report.hpp"
#include "folding/self_check.hpp"
#include "runtime/core/fail.hpp"

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
  Folder(Graph& graph, const Bindings& bindings, const FoldOptions& options, const ComputeNode& compute)
      : graph_(graph),
        options_(options),
        compute_(compute),
        types_(infer_types(graph, bindings)),
        system_(graph, types_),
        weights_(graph) {}

  FoldedNorm fold(NodeId id) {
    FoldedNorm result;
    result.name = graph_.node(id).name;
    result.where = graph_.node(id).where.str();
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
  void finish() {
    weights_.round_all();
    graph_ = graph_.compacted();
  }

 private:
  /// Folds or throws Refused; then graph and result are as they were.
  void attempt(NodeId id, Direction direction, FoldedNorm& result) {
    const Node norm = graph_.node(id);
    if (options_.method == Method::naive) {
      direction == Direction::backward ? gauge::require_chain_before(graph_, norm)
                                       : gauge::require_chain_after(graph_, norm);
    }
    const gauge::Assignment assignment = solve_for(norm, direction);
    const Graph before = graph_;
    try {
      const std::vector<NodeId> nodes = gauge::touched_nodes(before, system_, assignment, id);
      FoldedNorm done = rewrite(nodes, id, assignment, direction);
      graph_.bypass(id);
      if (options_.self_check) check(before, nodes, assignment);
      done.name = result.name;
      done.where = result.where;
      explain_fold(done, direction == Direction::backward);
      result = std::move(done);
    } catch (const Refused&) {
      graph_ = before;
      throw;
    }
    system_.merge(norm.inputs[0], norm.outputs[0]);
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
    }
    return done;
  }

  void check(const Graph& before, const std::vector<NodeId>& nodes, const gauge::Assignment& assignment) {
    const auto result = self_check(before, graph_, nodes, system_, assignment, types_, compute_, options_.tolerance);
    if (!result.first_diverging.empty()) throw Refused{Blocker::self_check, result.first_diverging};
    worst_error_ = std::max(worst_error_, result.error);
  }

  Graph& graph_;
  const FoldOptions& options_;
  const ComputeNode& compute_;
  std::vector<TensorType> types_;
  gauge::System system_;
  gauge::Weights weights_;
  double worst_error_ = 0;
};

}  // namespace

FoldReport fold(Graph& graph, const Bindings& bindings, const FoldOptions& options, const ComputeNode& compute) {
  if (options.self_check && !compute && options.method != Method::none) {
    fail_usage("a self-checked fold needs something to compute with");
  }
  FoldReport report;
  report.method = options.method;
  count_parameters(graph, report.parameters_before, report.trainable_before);
  std::int64_t folded_channels = 0;
  Folder folder(graph, bindings, options, compute);
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const auto id = static_cast<NodeId>(i);
    const Node& node = graph.nodes[i];
    if (!graph.alive(id) || !node.as<BatchNorm>()) continue;
    if (options.method == Method::none) {
      report.norms.push_back({node.name, node.where.str(), false, {}, {}, Blocker::none, "folding is off", ""});
      continue;
    }
    const std::int64_t channels = graph.param(node, Slot::mean)->elements();
    report.norms.push_back(folder.fold(id));
    if (report.norms.back().folded) folded_channels += channels;
  }
  folder.finish();
  report.max_relative_error = folder.worst_error();
  count_parameters(graph, report.parameters_after, report.trainable_after);
  if (report.trainable_before > 0) {
    report.removed_percent_paper =
        100.0 * 2.0 * static_cast<double>(folded_channels) / static_cast<double>(report.trainable_before);
  }
  return report;
}

}  // namespace banoff
