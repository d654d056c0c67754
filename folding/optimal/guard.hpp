// Which choices would cost precision.
#pragma once

#include <optional>
#include <string>

#include "folding/fold.hpp"
#include "folding/gauge_solve.hpp"
#include "folding/optimal/problem.hpp"

namespace banoff::gauge {

/// A chosen item that is to be given up, and the numbers that say why.
struct Loss {
  std::size_t item;
  std::string details;
};

/// The first value that loses in its stored form: somebody needs the original back, and |original + offset| is more
/// than `max_cancellation` times the size at which the network as it is rounds the value; or its type is half
/// precision, which would overflow or underflow. Sizes are those that Statistics tells.
[[nodiscard]] std::optional<Loss> first_loss(const System& system, const Problem& problem, const Assignment& assignment,
                                             const std::vector<std::size_t>& chosen, const FoldOptions& options);

}  // namespace banoff::gauge
