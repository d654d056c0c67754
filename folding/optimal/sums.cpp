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

/// Rows in the order in which they became pivots; each has an unknown with coefficient 1 that no later row mentions.
class Echelon {
 public:
  /// False where the equation contradicts those before it.
  bool add(const Equation& equation) {
    Row row(equation);
    // Of the pivots it mentions the first, for which it may come to mention later ones: never a look at all of them.
    while (const Pivot* pivot = first_in(row)) row.eliminate(pivot->unknown, pivot->row);
    const auto largest =
        std::ranges::max_element(row.terms, {}, [](const auto& term) { return std::abs(term.second); });
    if (largest == row.terms.end()) return std::abs(row.right) <= rounding * row.size;
    const ClassId unknown = largest->first;
    row.scale(1.0 / largest->second);
    place_.emplace(unknown, pivots_.size());
    pivots_.push_back({unknown, std::move(row)});
    return true;
  }

  /// The pivots' unknowns, all others being 0.
  [[nodiscard]] Solution solution() const {
    std::unordered_map<ClassId, double> values;
    Solution result;
    for (auto pivot = pivots_.rbegin(); pivot != pivots_.rend(); ++pivot) {
      double value = pivot->row.right;
      for (const auto& [other, coefficient] : pivot->row.terms) {
        const auto found = values.find(other);
        if (found != values.end()) value -= coefficient * found->second;
      }
      values.emplace(pivot->unknown, value);
      result.emplace_back(pivot->unknown, value);
    }
    return result;
  }

 private:
  struct Pivot {
    ClassId unknown;
    Row row;
  };
  [[nodiscard]] const Pivot* first_in(const Row& row) const {
    std::size_t first = pivots_.size();
    for (const auto& [unknown, coefficient] : row.terms) {
      const auto found = place_.find(unknown);
      if (found != place_.end()) first = std::min(first, found->second);
    }
    return first < pivots_.size() ? &pivots_[first] : nullptr;
  }

  std::vector<Pivot> pivots_;
  std::unordered_map<ClassId, std::size_t> place_;  ///< of a pivot, by its unknown
};

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
  Echelon echelon;
  for (const Equation& equation : equations) {
    if (!echelon.add(equation)) return std::nullopt;
  }
  Solution solution = echelon.solution();
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
