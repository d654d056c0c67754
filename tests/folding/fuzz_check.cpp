#include "tests/folding/fuzz_check.hpp"

#include <fmt/ranges.h>

#include "tests/folding/outcome.hpp"

namespace banoff::test {

namespace {

/// Of outputs, relative to the largest element. Each fold may magnify rounding errors by max_amplification (1e3), and
/// folds one behind the other multiply: float64 keeps ten digits after two such.
constexpr double tolerance = 1e-6;

std::vector<std::string> folded_names(const FoldReport& report) {
  std::vector<std::string> names;
  for (const FoldedNorm& norm : report.norms) {
    if (norm.folded) names.push_back(norm.name);
  }
  return names;
}

/// What is wrong with one outcome by itself.
std::optional<Complaint> check_outcome(const Outcome& outcome, const FuzzMethod& method) {
  if (!(outcome.error <= tolerance)) {
    return Complaint{method.name + " changes the answer", fmt::format("relative error {:.3g}", outcome.error)};
  }
  for (const FoldedNorm& norm : outcome.report.norms) {
    if (norm.blocker == Blocker::self_check) {
      return Complaint{method.name + " tried a fold that its self-check refuses", norm.name + ": " + norm.reason};
    }
    if (norm.folded != (outcome.folded.find(norm.name) == none)) {
      return Complaint{method.name + " reports a norm wrongly", norm.name};
    }
  }
  return std::nullopt;
}

/// What the oracle has to say about one outcome.
std::optional<Complaint> ask_oracle(const Graph& graph, const Outcome& outcome, const FuzzMethod& method) {
  // What is folded must be possible at all; the most is claimed of what folding/ makes use of.
  OracleRules wide = method.rules;
  wide.wide = true;
  const Oracle possible(graph, wide), oracle(graph, method.rules);
  const std::vector<std::string> folded = folded_names(outcome.report);
  std::vector<std::size_t> removed;
  std::vector<std::string> best;
  for (std::size_t i = 0; i < oracle.norms().size(); ++i) {
    if (std::ranges::count(folded, graph.node(oracle.norms()[i]).name) > 0) removed.push_back(i);
  }
  if (!possible.solve(removed)) {
    return Complaint{method.name + " folds what the oracle calls impossible",
                     fmt::format("{}", fmt::join(folded, ", "))};
  }
  if (!method.largest || !outcome.report.proved) return std::nullopt;
  for (const std::size_t i : oracle.largest()) best.push_back(graph.node(oracle.norms()[i]).name);
  if (best.size() <= folded.size()) return std::nullopt;
  return Complaint{method.name + " folds fewer than the oracle",
                   fmt::format("{} folded ({}), {} possible ({})", folded.size(), fmt::join(folded, ", "), best.size(),
                               fmt::join(best, ", "))};
}

}  // namespace

std::vector<FuzzMethod> fuzz_methods(bool for_oracle, bool wide) {
  FuzzMethod naive{.name = "naive"}, banoff{.name = "banoff"};
  FuzzMethod literal{.name = "literal", .largest = true},
      clamp{.name = "clamp", .rules = {.clamp = true}, .largest = true};
  naive.options.method = Method::naive;
  banoff.options.method = Method::banoff;
  literal.options.activations = Activations::literal;
  clamp.options.activations = Activations::clamp;
  for (FuzzMethod* optimal : {&literal, &clamp}) {
    optimal->options.method = Method::optimal;
    optimal->options.objective = Objective::count;
    optimal->options.borders = false;
  }
  std::vector<FuzzMethod> methods{naive, banoff, literal, clamp};
  if (!for_oracle) {
    FuzzMethod standard{.name = "optimal", .ordered = false};
    standard.options.method = Method::optimal;
    methods.push_back(standard);
    return methods;
  }
  for (FuzzMethod& method : methods)
    method.options.max_amplification = method.options.max_cancellation = 1e12, method.rules.wide = wide;
  return methods;
}

namespace {

std::optional<Complaint> check(const Graph& graph, const std::vector<FuzzMethod>& methods, bool oracle,
                               FuzzTally* tally) {
  std::size_t fewest = 0;
  std::string by;
  const bool zero_gamma = std::ranges::any_of(graph.nodes, [&](const Node& node) {
    const Tensor* gamma = node.as<BatchNorm>() ? graph.param(node, Slot::weight) : nullptr;
    return gamma && std::ranges::count(gamma->to_vector<double>(), 0.0) > 0;
  });
  for (const FuzzMethod& method : methods) {
    const Outcome outcome = fold_with(graph, method.options);
    if (auto complaint = check_outcome(outcome, method)) return complaint;
    const std::size_t folded = outcome.report.folded();
    // Where the guard against rounding errors made it give norms up, or norms without an inverse went before the search
    // began, the method does not claim to fold the most.
    const bool claims = !method.largest || (outcome.report.proved && !zero_gamma);
    if (method.ordered && folded < fewest && claims) {
      return Complaint{method.name + " folds fewer than " + by, fmt::format("{} and {}", folded, fewest)};
    }
    if (oracle) {
      if (auto complaint = ask_oracle(graph, outcome, method)) return complaint;
    }
    if (method.ordered) fewest = folded, by = method.name;
    if (!tally) continue;
    if (method.largest && !outcome.report.proved) ++tally->unproved;
    tally->folded[method.name] += folded;
    tally->worst_error = std::max(tally->worst_error, outcome.error);
    if (&method == &methods.front()) ++tally->graphs, tally->norms += outcome.report.norms.size();
  }
  return std::nullopt;
}

}  // namespace

std::optional<Complaint> check_folding(const Graph& graph, const std::vector<FuzzMethod>& methods, bool oracle,
                                       FuzzTally* tally) {
  try {
    return check(graph, methods, oracle, tally);
  } catch (const std::exception& error) {
    return Complaint{"throws", error.what()};
  }
}

}  // namespace banoff::test
