#include "folding/elimination.hpp"

#include <algorithm>
#include <cmath>

namespace banoff::gauge {

namespace {

constexpr double rounding = 1e-10;

/// Whether nothing but rounding errors is left of what two terms of these sizes add up to.
bool cancelled(double sum, double a, double b) { return std::abs(sum) <= rounding * (std::abs(a) + std::abs(b)); }

}  // namespace

void Equation::add(Unknown unknown, double coefficient) {
  if (coefficient == 0.0) return;
  const auto found = std::ranges::find(terms, unknown, &std::pair<Unknown, double>::first);
  if (found == terms.end()) {
    terms.emplace_back(unknown, coefficient);
    return;
  }
  const double before = std::exchange(found->second, found->second + coefficient);
  if (cancelled(found->second, before, coefficient)) terms.erase(found);
}

void Equation::add_known(double value) {
  right -= value;
  size += std::abs(value);
}

Elimination::Row::Row(const Equation& equation)
    : terms(equation.terms.begin(), equation.terms.end()), right(equation.right), size(equation.size) {}

void Elimination::Row::scale(double factor) {
  for (auto& [unknown, coefficient] : terms) coefficient *= factor;
  right *= factor;
  size *= std::abs(factor);
}

void Elimination::Row::eliminate(Unknown unknown, const Row& pivot) {
  const auto found = terms.find(unknown);
  if (found == terms.end()) return;
  const double factor = found->second;
  for (const auto& [other, coefficient] : pivot.terms) {
    double& term = terms[other];
    const double before = std::exchange(term, term - factor * coefficient);
    if (other == unknown || cancelled(term, before, factor * coefficient)) terms.erase(other);
  }
  right -= factor * pivot.right;
  size += std::abs(factor) * pivot.size;
}

bool Elimination::add(const Equation& equation) {
  Row row(equation);
  // Of the pivots it mentions the first, for which it may come to mention later ones: never a look at all of them.
  while (const Pivot* pivot = first_in(row)) row.eliminate(pivot->unknown, pivot->row);
  const auto largest = std::ranges::max_element(row.terms, {}, [](const auto& term) { return std::abs(term.second); });
  if (largest == row.terms.end()) return std::abs(row.right) <= rounding * row.size;
  const Unknown unknown = largest->first;
  row.scale(1.0 / largest->second);
  place_.emplace(unknown, pivots_.size());
  pivots_.push_back({unknown, std::move(row)});
  return true;
}

Solution Elimination::solution() const {
  std::unordered_map<Unknown, double> values;
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

const Elimination::Pivot* Elimination::first_in(const Row& row) const {
  std::size_t first = pivots_.size();
  for (const auto& [unknown, coefficient] : row.terms) {
    const auto found = place_.find(unknown);
    if (found != place_.end()) first = std::min(first, found->second);
  }
  return first < pivots_.size() ? &pivots_[first] : nullptr;
}

}  // namespace banoff::gauge
