#include "tests/folding/oracle.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/folding/oracle_algebra.hpp"
#include "tests/folding/oracle_constraints.hpp"

namespace banoff::test {

namespace {

/// The equations of one subset, their unknowns being classes of elements.
class Instance {
 public:
  Instance(const Constraints& all, const std::vector<bool>& removed)
      : all_(all), removed_(removed), scales_(all.elements()), shifts_(all.elements()) {
    for (const auto& [a, b] : all.equal_scale) scales_.unite(a, b);
    for (const auto& [a, b] : all.equal_shift) shifts_.unite(a, b);
    for (std::size_t i = 0; i < all.norms.size(); ++i) {
      if (removed[i]) continue;
      for (const auto& [a, b] : all.norms[i].constant) scales_.unite(a, b), shifts_.unite(a, b);
    }
  }

  [[nodiscard]] std::optional<ElementGauge> solve() const {
    const auto magnitudes = solve_real(scale_equations(), all_.elements());
    if (!magnitudes) return std::nullopt;
    const auto negative = solve_parity(sign_equations(), all_.elements());
    if (!negative) return std::nullopt;
    ElementGauge gauge{std::vector<double>(all_.elements()), {}};
    for (Element e = 0; e < all_.elements(); ++e) {
      const std::size_t unknown = scales_.root(e);
      gauge.scale[e] = std::exp((*magnitudes)[unknown]) * ((*negative)[unknown] ? -1 : 1);
    }
    const auto shifts = solve_real(shift_equations(gauge.scale), all_.elements());
    if (!shifts) return std::nullopt;
    for (Element e = 0; e < all_.elements(); ++e) gauge.shift.push_back((*shifts)[shifts_.root(e)]);
    return gauge;
  }

 private:
  template <class F>
  void for_removed_edges(F&& f) const {
    for (std::size_t i = 0; i < all_.norms.size(); ++i) {
      if (!removed_[i]) continue;
      for (const Edge& edge : all_.norms[i].edges) f(edge);
    }
  }
  [[nodiscard]] std::vector<Equation> scale_equations() const {
    std::vector<Equation> equations;
    for (const Element e : all_.unit_scale) equations.push_back({{{scales_.root(e), 1}}, 0});
    for (const auto& [out, x, gate] : all_.products) {
      equations.push_back({{{scales_.root(out), 1}, {scales_.root(x), -1}, {scales_.root(gate), -1}}, 0});
    }
    for_removed_edges([&](const Edge& edge) {
      equations.push_back({{{scales_.root(edge.x), 1}, {scales_.root(edge.y), -1}}, std::log(std::abs(edge.a))});
    });
    return equations;
  }
  [[nodiscard]] std::vector<Parity> sign_equations() const {
    std::vector<Parity> equations;
    for (const auto* positive : {&all_.unit_scale, &all_.positive}) {
      for (const Element e : *positive) equations.push_back({{scales_.root(e)}, false});
    }
    for (const auto& [out, x, gate] : all_.products) {
      equations.push_back({{scales_.root(out), scales_.root(x), scales_.root(gate)}, false});
    }
    for_removed_edges([&](const Edge& edge) {
      equations.push_back({{scales_.root(edge.x), scales_.root(edge.y)}, edge.a < 0});
    });
    return equations;
  }
  [[nodiscard]] std::vector<Equation> shift_equations(const std::vector<double>& scale) const {
    std::vector<Equation> equations;
    for (const Element e : all_.zero_shift) equations.push_back({{{shifts_.root(e), 1}}, 0});
    for (const Sum& sum : all_.sums) {
      Equation equation{{{shifts_.root(sum.out), -1}}, 0};
      for (const auto& [in, factor] : sum.terms) equation.terms.emplace_back(shifts_.root(in), factor);
      equations.push_back(std::move(equation));
    }
    for_removed_edges([&](const Edge& edge) {
      equations.push_back({{{shifts_.root(edge.x), 1}, {shifts_.root(edge.y), -1}}, scale[edge.y] * edge.d});
    });
    return equations;
  }

  const Constraints& all_;
  const std::vector<bool>& removed_;
  Equalities scales_, shifts_;
};

}  // namespace

Oracle::Oracle(const Graph& graph, const OracleRules& rules)
    : graph_(graph), constraints_(std::make_unique<Constraints>(derive_constraints(graph, rules))) {
  for (const Norm& norm : constraints_->norms) norms_.push_back(norm.node);
}

Oracle::~Oracle() = default;

std::optional<Gauges> Oracle::solve(const std::vector<std::size_t>& removed) const {
  std::vector<bool> gone(norms_.size(), false);
  for (const std::size_t i : removed) gone.at(i) = true;
  const auto all = Instance(*constraints_, gone).solve();
  if (!all) return std::nullopt;
  Gauges gauges;
  for (std::size_t value = 0; value < graph_.values.size(); ++value) {
    const auto from = static_cast<std::ptrdiff_t>(constraints_->first[value]);
    const auto to = static_cast<std::ptrdiff_t>(constraints_->first[value + 1]);
    gauges.push_back(
        {{all->scale.begin() + from, all->scale.begin() + to}, {all->shift.begin() + from, all->shift.begin() + to}});
  }
  return gauges;
}

std::vector<std::size_t> Oracle::largest() const {
  // Subsets of sets that can be removed can be removed, so a set that cannot is never enlarged.
  std::vector<std::size_t> candidates;
  for (std::size_t i = 0; i < norms_.size(); ++i) {
    if (solve({i})) candidates.push_back(i);
  }
  std::vector<std::size_t> best, chosen;
  const std::function<void(std::size_t)> extend = [&](std::size_t next) {
    if (chosen.size() > best.size()) best = chosen;
    if (next == candidates.size() || chosen.size() + candidates.size() - next <= best.size()) return;
    chosen.push_back(candidates[next]);
    if (solve(chosen)) extend(next + 1);
    chosen.pop_back();
    extend(next + 1);
  };
  extend(0);
  return best;
}

}  // namespace banoff::test
