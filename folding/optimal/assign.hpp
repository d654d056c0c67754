// From the batch norms chosen to a gauge for every variable.
#pragma once

#include "folding/gauge_solve.hpp"
#include "folding/optimal/search.hpp"

namespace banoff::gauge {

/// Gauges with which every chosen item is the identity. What the choice leaves open: most of the network keeps what it
/// stores, activations stay as they are where they can, offsets are zero where they can.
[[nodiscard]] Assignment assign(const System& system, const Problem& problem, const std::vector<std::size_t>& chosen);

}  // namespace banoff::gauge
