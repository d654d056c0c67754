#include "folding/optimal/choice.hpp"

#include <algorithm>

#include "folding/linear_op.hpp"
#include "folding/optimal/assign.hpp"

namespace banoff::gauge {

namespace {

bool is_zero_padded(const Node& node, const System& system) {
  const auto* conv = node.as<Conv>();
  return conv && reads_zero_padding(*conv, system.shape(node.inputs[0]), system.open_in_space());
}

/// Bytes of the border map that a conv needs when its padding has values (float32, the same for every image).
double map_bytes(const TensorType& output) {
  return static_cast<double>(output.shape.elements() / std::max<std::int64_t>(output.shape[0], 1)) * sizeof(float);
}

class Chooser {
 public:
  Chooser(const Graph& graph, const std::vector<TensorType>& types, const Candidates& candidates,
          const FoldOptions& options)
      : graph_(graph), readers_(graph.readers()), types_(types), candidates_(candidates), options_(options) {}

  Choice run() const {
    Choice choice = try_with({true, false, {}});
    std::size_t with_literal = choice.norms(), with_clamps = with_literal;
    if (choice.selection.chosen.size() < candidates_.size()) {
      Choice clamped = try_with({true, true, {}});
      with_clamps = clamped.norms();
      if (pays(clamped, choice)) choice = std::move(clamped);
    }
    if (options_.borders && choice.selection.chosen.size() < candidates_.size()) open_borders(choice);
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
  [[nodiscard]] const TensorType& type(ValueId value) const { return types_[static_cast<std::size_t>(value)]; }

  /// Whether the choice with clamps is the one to take.
  [[nodiscard]] bool pays(const Choice& clamped, const Choice& literal) const {
    if (options_.activations == Activations::literal || clamped.weight() <= literal.weight()) return false;
    if (options_.activations == Activations::clamp || options_.objective == Objective::count) return true;
    return clamped.weight() - literal.weight() > clamp_cost(clamped);
  }
  /// Bytes that the passes of the clamps move which the literal activations would not.
  [[nodiscard]] double clamp_cost(const Choice& choice) const {
    double bytes = 0;
    for (const ValueId value : choice.system.plain()) {
      const auto [first, last] = choice.system.range(value);
      bool plain = true;
      for (VarId var = first; var < last; ++var) {
        const Gauge* gauge = choice.assignment.find(var);
        plain = plain && (!gauge || gauge->keeps_zero());
      }
      if (!plain) bytes += activation_cost(graph_, readers_, types_, value);
    }
    return bytes;
  }
  [[nodiscard]] double border_cost(const std::set<NodeId>& convs) const {
    double cost = 0;
    for (const NodeId id : convs) cost += map_bytes(type(graph_.node(id).outputs[0]));
    return options_.objective == Objective::count ? 0 : cost;
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

  /// Lets shifts through the padding of all convs, or of one after the other, where norms that go pay for the maps.
  void open_borders(Choice& choice) const {
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
    if (opened.weight() - choice.weight() > border_cost(useful)) {
      choice = std::move(opened);
      return;
    }
    for (const NodeId id : useful) {
      open = choice.system.policy();
      open.borders.insert(id);
      opened = try_with(open);
      if (opened.weight() - choice.weight() > border_cost({id})) choice = std::move(opened);
    }
  }

  const Graph& graph_;
  const Readers readers_;
  const std::vector<TensorType>& types_;
  const Candidates& candidates_;
  const FoldOptions& options_;
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
              const FoldOptions& options) {
  return Chooser(graph, types, candidates, options).run();
}

}  // namespace banoff::gauge
