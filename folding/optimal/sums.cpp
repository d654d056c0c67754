#include "folding/optimal/sums.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace banoff::gauge {

namespace {

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
