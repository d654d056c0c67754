// Which choices would cost precision.
#pragma once

#include "folding/gauge_solve.hpp"
#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

/// The chosen item to give up because somebody reads a value whose stored form hides it: |original + offset| is more
/// than `limit` times |original|, and so is the rounding error of float32. Magnitudes are those that the batch norms'
/// statistics tell: |mean| + sigma before a norm, |beta| + |gamma| behind it, the same for what is added to such a
/// value. None: `chosen.size()`.
[[nodiscard]] std::size_t hidden_value(const System& system, const Problem& problem, const Assignment& assignment,
                                       const std::vector<std::size_t>& chosen, double limit);

}  // namespace banoff::gauge
