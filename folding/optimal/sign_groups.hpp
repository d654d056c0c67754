// The case of many batch norms on one stream that only their signs keep apart.
#pragma once

#include <optional>
#include <vector>

#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

/// The heaviest set of `items` that goes together, where each of them asks nothing but a sign of each of the same
/// scale classes: those that ask for equal signs go together, no others do. Nothing where the items are of another
/// kind. Linear in the number of channels, where a search would compare every two items: literal pre-activation ResNets
/// are of this kind.
[[nodiscard]] std::optional<std::vector<std::size_t>> heaviest_sign_group(const Problem& problem,
                                                                          const std::vector<std::size_t>& items);

}  // namespace banoff::gauge
