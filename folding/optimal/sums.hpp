// Linear equations between offsets: what Add nodes demand.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

/// sum of coefficient * unknown = right.
struct Equation {
  std::vector<std::pair<ClassId, double>> terms;  ///< distinct unknowns
  double right = 0;
  double size = 0;  ///< magnitude of what `right` was computed from, to tell rounding errors from contradictions
};

/// An unknown for every equation that can always be satisfied by choosing it, whatever the other unknowns are; those
/// that `avoid` names only where there is no other. These equations are taken out of `equations`.
[[nodiscard]] std::vector<ClassId> private_unknowns(std::vector<Equation>& equations, const std::vector<bool>& avoid);

using Solution = std::vector<std::pair<ClassId, double>>;

/// A solution in which as many unknowns as possible are 0 (those not mentioned are); nothing where there is none.
[[nodiscard]] std::optional<Solution> solve(std::vector<Equation> equations, const std::vector<bool>& avoid = {});

}  // namespace banoff::gauge
