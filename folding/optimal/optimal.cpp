#include "folding/optimal/optimal.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include "folding/absorb.hpp"
#include "folding/neighbours.hpp"
#include "folding/optimal/account.hpp"
#include "folding/optimal/choice.hpp"
#include "folding/optimal/guard.hpp"
#include "folding/parallel.hpp"
#include "folding/report.hpp"
#include "folding/self_check.hpp"

namespace banoff::gauge {

namespace {

class Optimal {
 public:
  Optimal(Weights& weights, const std::vector<TensorType>& types, const FoldOptions& options,
          const ComputeNode& compute, const Price& price)
      : weights_(weights),
        graph_(weights.graph()),
        types_(types),
        options_(options),
        compute_(compute),
        price_(price),
        candidates_(candidates(graph_, types, options.objective)) {}

  OptimalResult run() {
    while (true) {
      const Choice choice = choose(graph_, types_, candidates_, options_, price_);
      if (!apply(choice)) continue;
      result_.policy = choice.system.policy();
      result_.proved = choice.selection.proved && given_up_.empty();
      result_.with_literal = choice.with_literal;
      result_.with_clamps = choice.with_clamps;
      Readers readers = graph_.readers();
      explain_left(choice, readers);
      for (const NodeId id : choice.removed()) graph_.bypass(id, readers);
      return std::move(result_);
    }
  }

 private:
  /// Rewrites the graph for a choice; false where some of it had to be given up, and nothing was changed.
  bool apply(const Choice& choice) {
    const Selection& selection = choice.selection;
    const Assignment& assignment = choice.assignment;
    if (const auto loss = first_loss(choice.system, choice.problem, assignment, selection.chosen, options_)) {
      const NodeId norm = choice.problem.items[loss->item].node;
      give_up(norm, {Blocker::amplification, graph_.node(norm).name, {}, loss->details});
      result_.costly.insert(norm);
      return false;
    }
    const std::vector<NodeId> removed = choice.removed();
    const std::vector<NodeId> touched = Neighbours(choice.system).touched(graph_.readers(), assignment, removed);
    const Graph before = graph_;
    const Scalings scalings_before = weights_.version().scalings;
    std::map<NodeId, Absorbed> absorbed;
    NodeId at = none;
    try {
      constexpr double free = std::numeric_limits<double>::infinity();
      for (const NodeId id : touched) {
        at = id;
        if (!std::ranges::binary_search(removed, id)) {
          absorbed[id] = absorb(weights_, id, choice.system, assignment, Limits{free, free});
        }
      }
      if (options_.self_check) {
        const CheckResult check = self_check({before, scalings_before}, weights_.version(), touched, removed,
                                             choice.system, assignment, types_, compute_, threads_of(options_));
        at = check.worst;
        if (!(check.error <= options_.tolerance))
          throw Refused{Blocker::self_check, before.node(at).name, {}, check.failure};
        result_.error = check.error;
      }
    } catch (const Refused& refused) {
      graph_ = before;
      weights_.restore(scalings_before, touched);
      give_up_around(choice, at, refused);
      return false;
    }
    const Account account(choice.system, absorbed, removed);
    for (const NodeId norm : removed) {
      result_.norms[norm] = account.of(norm);
      explain_fold(result_.norms[norm], true);
    }
    return true;
  }

  void explain_left(const Choice& choice, const Readers& readers) {
    State state(choice.problem);
    for (std::size_t i = 0; i < choice.problem.items.size(); ++i) {
      if (std::ranges::binary_search(choice.selection.chosen, i)) continue;
      result_.left[choice.problem.items[i].node] =
          why_left(choice.system, readers, choice.problem, choice.selection, state, i);
    }
    for (const auto& [id, refused] : given_up_) result_.left[id] = refused;
  }

  void give_up(NodeId norm, const Refused& why) {
    given_up_[norm] = why;
    std::erase_if(candidates_, [&](const auto& each) { return each.first == norm; });
  }

  /// Gives up the norms whose scales meet a node's values; all of the choice if none does.
  void give_up_around(const Choice& choice, NodeId at, const Refused& why) {
    std::set<ClassId> classes;
    const auto collect = [&](ValueId value) {
      const auto [first, last] = choice.system.range(value);
      for (VarId var = first; var < last; ++var) {
        classes.insert(choice.problem.scale_of[static_cast<std::size_t>(var)]);
      }
    };
    std::ranges::for_each(choice.system.graph().node(at).inputs, collect);
    std::ranges::for_each(choice.system.graph().node(at).outputs, collect);
    classes.erase(ground);
    const auto near = [&](const Item& item) {
      return std::ranges::any_of(item.channels, [&](const Channel& channel) {
        return classes.contains(channel.x_scale) || classes.contains(channel.y_scale);
      });
    };
    const std::size_t before = given_up_.size();
    for (const std::size_t item : choice.selection.chosen) {
      if (near(choice.problem.items[item])) give_up(choice.problem.items[item].node, why);
    }
    if (given_up_.size() > before) return;
    for (const NodeId norm : choice.removed()) give_up(norm, why);
  }

  Weights& weights_;
  Graph& graph_;
  const std::vector<TensorType>& types_;
  const FoldOptions& options_;
  const ComputeNode& compute_;
  const Price& price_;
  Candidates candidates_;
  std::map<NodeId, Refused> given_up_;
  OptimalResult result_;
};

}  // namespace

OptimalResult fold_optimal(Weights& weights, const std::vector<TensorType>& types, const FoldOptions& options,
                           const ComputeNode& compute, const Price& price) {
  return Optimal(weights, types, options, compute, price).run();
}

}  // namespace banoff::gauge
