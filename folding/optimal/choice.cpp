#include "folding/optimal/choice.hpp"

#include <algorithm>

#include "folding/linear_op.hpp"
#include "folding/optimal/assign.hpp"
#include "folding/optimal/draft.hpp"

namespace banoff::gauge {

namespace {

bool is_zero_padded(const Node& node, const System& system) {
  const auto* conv = node.as<Conv>();
  return conv && reads_zero_padding(*conv, system.shape(node.inputs[0]), system.open_in_space());
}

class Chooser {
 public:
  Chooser(const Graph& graph, const std::vector<TensorType>& types, const Candidates& candidates,
          const FoldOptions& options, const Price& price)
      : graph_(graph), types_(types), candidates_(candidates), options_(options), price_(price) {}

  Choice run() const {
    Choice choice = try_with({true, false, {}});
    std::size_t with_literal = choice.norms(), with_clamps = with_literal;
    if (!all_go(choice)) {
      Choice clamped = try_with({true, true, {}});
      with_clamps = clamped.norms();
      const bool lets_go = options_.activations != Activations::literal && clamped.weight() > choice.weight();
      if (lets_go && options_.activations == Activations::automatic && options_.objective == Objective::bytes) {
        // Padding values may do instead of clamps, or make them worth it.
        open_borders(choice);
        open_borders(clamped);
        if (price_us(clamped) < price_us(choice)) choice = std::move(clamped);
      } else {
        if (lets_go) choice = std::move(clamped);
        open_borders(choice);
      }
    }
    std::size_t& of_policy = choice.system.policy().clamps ? with_clamps : with_literal;
    of_policy = std::max(of_policy, choice.norms());
    choice.with_literal = with_literal;
    choice.with_clamps = std::max(with_clamps, with_literal);
    return choice;
  }

 private:
  [[nodiscard]] Choice try_with(Policy policy) const {
    return {graph_, types_, std::move(policy), candidates_, options_.search_limit};
  }
  [[nodiscard]] bool all_go(const Choice& choice) const { return choice.selection.chosen.size() == candidates_.size(); }

  /// Whether what else goes is worth what it costs: of nothing but a count, anything is.
  [[nodiscard]] bool pays(Choice& more, Choice& less) const {
    if (more.weight() <= less.weight()) return false;
    return options_.objective == Objective::count || price_us(more) < price_us(less);
  }
  [[nodiscard]] double price_us(Choice& choice) const {
    if (!choice.price_us) choice.price_us = price_(draft(choice));
    return *choice.price_us;
  }

  /// Convs whose padding is to take a value in this choice.
  [[nodiscard]] std::set<NodeId> with_values(const Choice& choice) const {
    std::set<NodeId> result;
    for (const NodeId id : choice.system.policy().borders) {
      const auto [first, last] = choice.system.range(graph_.node(id).inputs[0]);
      for (VarId var = first; var < last; ++var) {
        const Gauge* gauge = choice.assignment.find(var);
        if (gauge && gauge->shift != 0.0) result.insert(id);
      }
    }
    return result;
  }

  /// Lets shifts through the padding of all convs, or of one after the other, where that pays.
  void open_borders(Choice& choice) const {
    if (!options_.borders || all_go(choice)) return;
    Policy open = choice.system.policy();
    for (const NodeId id : graph_.live_ids()) {
      if (is_zero_padded(graph_.node(id), choice.system)) open.borders.insert(id);
    }
    if (open.borders.empty()) return;
    const Choice everywhere = try_with(open);
    if (everywhere.weight() <= choice.weight()) return;
    const std::set<NodeId> useful = with_values(everywhere);
    open.borders = useful;
    Choice opened = try_with(open);
    if (pays(opened, choice)) {
      choice = std::move(opened);
      return;
    }
    for (const NodeId id : useful) {
      open = choice.system.policy();
      open.borders.insert(id);
      opened = try_with(open);
      if (pays(opened, choice)) choice = std::move(opened);
    }
  }

  const Graph& graph_;
  const std::vector<TensorType>& types_;
  const Candidates& candidates_;
  const FoldOptions& options_;
  const Price& price_;
};

}  // namespace

Choice::Choice(const Graph& graph, const std::vector<TensorType>& types, Policy policy, const Candidates& candidates,
               std::int64_t limit)
    : system(graph, types, std::move(policy)),
      problem(make_problem(system, candidates)),
      selection(select(problem, limit)),
      assignment(assign(system, problem, selection.chosen)) {}

std::vector<NodeId> Choice::removed() const {
  std::vector<NodeId> nodes;
  for (const std::size_t item : selection.chosen) nodes.push_back(problem.items[item].node);
  return nodes;
}

std::size_t Choice::norms() const {
  return static_cast<std::size_t>(std::ranges::count_if(selection.chosen, [this](std::size_t item) {
    return system.graph().node(problem.items[item].node).as<BatchNorm>() != nullptr;
  }));
}

double Choice::weight() const {
  double sum = 0;
  for (const std::size_t item : selection.chosen) sum += problem.items[item].weight;
  return sum;
}

Choice choose(const Graph& graph, const std::vector<TensorType>& types, const Candidates& candidates,
              const FoldOptions& options, const Price& price) {
  return Chooser(graph, types, candidates, options, price).run();
}

}  // namespace banoff::gauge
