// Taking off what cannot be in conflict with anything.
#pragma once

#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

struct Core {
  std::vector<std::size_t> free;   ///< items that fit whatever else is chosen
  std::vector<std::size_t> items;  ///< the others
  std::vector<OffsetSum> sums;     ///< sums that may contradict them
};

/// An item fits whatever else is chosen when, in every channel, one of its scale classes and one of its offset classes
/// are nobody else's: they take the values it asks for. A sum always holds when one of its offsets is nobody else's.
/// Applied until neither finds anything more; near-linear in the size of the problem.
[[nodiscard]] Core peel(const Problem& problem);

}  // namespace banoff::gauge
