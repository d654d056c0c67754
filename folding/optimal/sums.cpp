#include "folding/optimal/sums.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

namespace banoff::gauge {

namespace {

constexpr double rounding = 1e-10;

/// An equation as its unknowns are eliminated one by one.
struct Row {
  std::map<ClassId, double> terms;
  double right = 0;
  double size = 0;

  explicit Row(const Equation& equation)
      : terms(equation.terms.begin(), equation.terms.end()), right(equation.right), size(equation.size) {}

  void scale(double factor) {
    for (auto& [unknown, coefficient] : terms) coefficient *= factor;
    right *= factor;
    size *= std::abs(factor);
  }
  /// Subtracts the multiple of `pivot`, whose coefficient of `unknown` is 1, that removes `unknown`.
  void eliminate(ClassId unknown, const Row& pivot) {
    const auto found = terms.find(unknown);
    if (found == terms.end()) return;
    const double factor = found->second;
    for (const auto& [other, coefficient] : pivot.terms) {
      double& term = terms[other];
      const double before = std::abs(term);
      term -= factor * coefficient;
      if (other == unknown || std::abs(term) <= rounding * (before + std::abs(factor * coefficient)))
        terms.erase(other);
    }
    right -= factor * pivot.right;
    size += std::abs(factor) * pivot.size;
  }
};

/// Gauss-Jordan with the largest coefficient as pivot; false where the rows contradict each other.
bool eliminate(const std::vector<Equation>& equations, Solution& solution) {
  std::vector<std::pair<ClassId, Row>> pivots;
  for (const Equation& equation : equations) {
    Row row(equation);
    for (const auto& [unknown, pivot] : pivots) row.eliminate(unknown, pivot);
    const auto largest =
        std::ranges::max_element(row.terms, {}, [](const auto& term) { return std::abs(term.second); });
    if (largest == row.terms.end()) {
      if (std::abs(row.right) > rounding * row.size) return false;
      continue;
    }
    const ClassId unknown = largest->first;
    row.scale(1.0 / largest->second);
    for (auto& [other, pivot] : pivots) pivot.eliminate(unknown, row);
    pivots.emplace_back(unknown, std::move(row));
  }
  for (const auto& [unknown, row] : pivots) solution.emplace_back(unknown, row.right);
  return true;
}

/// An equation and the unknown that is to satisfy it.
using Taken = std::pair<Equation, ClassId>;

/// Takes away the equations that have an unknown to themselves, again and again; they are solved last, in reverse
/// order.
std::vector<Taken> take_private(std::vector<Equation>& equations, const std::vector<bool>& avoid) {
  std::unordered_map<ClassId, std::vector<std::size_t>> users;
  std::unordered_map<ClassId, std::size_t> uses;
  std::set<std::pair<bool, ClassId>> single;  // those to avoid last
  const auto found_single = [&](ClassId id) {
    single.emplace(!avoid.empty() && avoid[static_cast<std::size_t>(id)], id);
  };
  for (std::size_t i = 0; i < equations.size(); ++i) {
    for (const auto& [unknown, coefficient] : equations[i].terms) users[unknown].push_back(i);
  }
  for (const auto& [unknown, where] : users) {
    uses[unknown] = where.size();
    if (where.size() == 1) found_single(unknown);
  }
  std::vector<bool> gone(equations.size());
  std::vector<Taken> taken;
  while (!single.empty()) {
    const ClassId own = single.begin()->second;
    single.erase(single.begin());
    const auto where = std::ranges::find_if(users[own], [&](std::size_t i) { return !gone[i]; });
    if (where == users[own].end()) continue;
    gone[*where] = true;
    for (const auto& [unknown, coefficient] : equations[*where].terms) {
      if (--uses[unknown] == 1) found_single(unknown);
    }
    taken.emplace_back(std::move(equations[*where]), own);
  }
  std::vector<Equation> left;
  for (std::size_t i = 0; i < equations.size(); ++i) {
    if (!gone[i]) left.push_back(std::move(equations[i]));
  }
  equations = std::move(left);
  return taken;
}

}  // namespace

std::vector<ClassId> private_unknowns(std::vector<Equation>& equations, const std::vector<bool>& avoid) {
  std::vector<ClassId> result;
  for (const auto& [equation, own] : take_private(equations, avoid)) result.push_back(own);
  return result;
}

std::optional<Solution> solve(std::vector<Equation> equations, const std::vector<bool>& avoid) {
  const std::vector<Taken> taken = take_private(equations, avoid);
  Solution solution;
  if (!eliminate(equations, solution)) return std::nullopt;
  std::unordered_map<ClassId, double> values(solution.begin(), solution.end());
  for (auto each = taken.rbegin(); each != taken.rend(); ++each) {
    const auto& [equation, own] = *each;
    double right = equation.right;
    double divisor = 1;
    for (const auto& [unknown, coefficient] : equation.terms) {
      if (unknown == own) divisor = coefficient;
      else if (const auto value = values.find(unknown); value != values.end()) right -= coefficient * value->second;
    }
    values[own] = right / divisor;
    solution.emplace_back(own, values[own]);
  }
  return solution;
}

}  // namespace banoff::gauge
