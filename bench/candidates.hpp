// Networks made ready to be timed.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/bench.hpp"

namespace banoff::bench {

/// A row, the session that its runs use (none where nothing is timed) and what they run.
struct Candidate {
  Result result;
  std::unique_ptr<Session> session;
  PlanInfo plan;
};

/// Loads, folds and compiles everything that the options ask for, and runs each once.
[[nodiscard]] std::vector<Candidate> candidates(const BenchOptions& options,
                                                const std::function<void(const std::string&)>& say);

}  // namespace banoff::bench
