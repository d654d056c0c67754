// The heaviest set of batch norms that can go together.
#pragma once

#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

struct Selection {
  std::vector<std::size_t> chosen;  ///< items, in the order of the problem
  bool proved = true;               ///< no other set is heavier
};

/// Branch and bound per connected component of what peeling leaves. `limit` bounds the channels of items tried; beyond
/// it the best set found so far is returned, not proved.
[[nodiscard]] Selection select(const Problem& problem, std::int64_t limit);

}  // namespace banoff::gauge
