#include "folding/optimal/sums.hpp"

#include <algorithm>
#include <queue>
#include <unordered_map>

namespace banoff::gauge {

namespace {

/// An equation and the unknown that is to satisfy it.
using Taken = std::pair<Equation, ClassId>;

/// Takes away the equations that have an unknown to themselves, again and again; they are solved last, in reverse
/// order.
std::vector<Taken> take_private(std::vector<Equation>& equations, const std::vector<bool>& avoid) {
  /// Equations that use an unknown and are left: how many, and the sum of their places, which is the place of the last.
  struct Uses {
    std::size_t count = 0, places = 0;
  };
  std::unordered_map<ClassId, Uses> uses;
  using Single = std::pair<bool, ClassId>;  // those to avoid last
  std::priority_queue<Single, std::vector<Single>, std::greater<>> single;
  const auto found_single = [&](ClassId id) {
    single.emplace(!avoid.empty() && avoid[static_cast<std::size_t>(id)], id);
  };
  for (std::size_t i = 0; i < equations.size(); ++i) {
    for (const auto& [unknown, coefficient] : equations[i].terms) {
      Uses& of = uses[unknown];
      ++of.count, of.places += i;
    }
  }
  for (const auto& [unknown, of] : uses) {
    if (of.count == 1) found_single(unknown);
  }
  std::vector<bool> gone(equations.size());
  std::vector<Taken> taken;
  while (!single.empty()) {
    const ClassId own = single.top().second;
    single.pop();
    const Uses at = uses[own];
    if (at.count == 0) continue;
    gone[at.places] = true;
    for (const auto& [unknown, coefficient] : equations[at.places].terms) {
      Uses& of = uses[unknown];
      of.places -= at.places;
      if (--of.count == 1) found_single(unknown);
    }
    taken.emplace_back(std::move(equations[at.places]), own);
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
  Elimination elimination;
  for (const Equation& equation : equations) {
    if (!elimination.add(equation)) return std::nullopt;
  }
  Solution solution = elimination.solution();
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
