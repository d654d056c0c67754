// Linear equations between offsets: what Add nodes demand.
#pragma once

#include <optional>
#include <vector>

#include "folding/elimination.hpp"
#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

/// An unknown for every equation that can always be satisfied by choosing it, whatever the other unknowns are; those
/// that `avoid` names only where there is no other. These equations are taken out of `equations`.
[[nodiscard]] std::vector<ClassId> private_unknowns(std::vector<Equation>& equations, const std::vector<bool>& avoid);

/// A solution in which as many unknowns as possible are 0 (those not mentioned are); nothing where there is none.
[[nodiscard]] std::optional<Solution> solve(std::vector<Equation> equations, const std::vector<bool>& avoid = {});

}  // namespace banoff::gauge
