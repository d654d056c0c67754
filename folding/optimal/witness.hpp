// The nearest tensor that holds a channel.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "folding/gauge_system.hpp"

namespace banoff::gauge {

struct Witness {
  const Mark* mark = nullptr;     ///< null: nothing holds the channel
  std::vector<std::string> path;  ///< nodes from the value asked about to the one marked
};

/// The shortest way from a channel of `value` to one that has a mark, through values of the same class: of scales, or
/// of scales and offsets together (system.gauges()).
[[nodiscard]] Witness nearest(const System& system, const Readers& readers, const Classes& classes, ValueId value,
                              VarId var, const std::function<const Mark*(VarId)>& mark_of);

}  // namespace banoff::gauge
