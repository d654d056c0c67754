// One random network under every method: what must hold, and what did not.
#pragma once

#include <functional>

#include "folding/fold.hpp"
#include "tests/folding/oracle.hpp"

namespace banoff::test {

/// A way of folding.
struct FuzzMethod {
  std::string name;
  FoldOptions options = {};
  OracleRules rules = {};  ///< what is allowed to it
  bool largest = false;    ///< where it says so, no more norms can go
  bool ordered = true;     ///< folds at least as many norms as the ordered ones before it
};

/// The methods in order of power, as users run them or for comparison with the oracle, whose rules may be wide.
[[nodiscard]] std::vector<FuzzMethod> fuzz_methods(bool for_oracle, bool wide = false);

/// Sums over networks, for a summary and so that a drifting generator is noticed.
struct FuzzTally {
  std::size_t graphs = 0, norms = 0;
  std::map<std::string, std::size_t> folded;  ///< by method
  std::size_t unproved = 0;
  double worst_error = 0;
};

struct Complaint {
  std::string kind;  ///< the same for the same fault, whatever the network
  std::string details;
};

/// Folds with every method and compares in float64 with the original; with `oracle`, what was folded and how many with
/// what is possible. Nothing if all is well.
[[nodiscard]] std::optional<Complaint> check_folding(const Graph& graph, const std::vector<FuzzMethod>& methods,
                                                     bool oracle, FuzzTally* tally = nullptr);

}  // namespace banoff::test
