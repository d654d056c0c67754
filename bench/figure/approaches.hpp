// Ways to make a network faster, to be compared: what is folded, what is taken away.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "banoff/session.hpp"

namespace banoff::bench {

/// A way of folding and something done to what it leaves. More of them are more rows of the list.
struct Approach {
  std::string family;   ///< "none", "merge", "k-means", "magnitude", "int8", "merge, int8"
  std::string setting;  ///< "20 %"; empty where there is nothing to set
  Method fold = Method::none;
  bool fuse_norms = false;  ///< norms that stay share a pass with the activation behind them
  /// Makes the network smaller once it is folded; empty: leaves it. Throws bad_input where there is nothing to do.
  std::function<Model(const Model&)> compress = {};
  /// Puts it on grids of integers in the end, without pictures; what its norms know tells the ranges while they are
  /// there.
  bool integers = false;
};

/// Everything that Figure 5 compares; the untouched network is first.
[[nodiscard]] std::vector<Approach> figure5_approaches();

}  // namespace banoff::bench
