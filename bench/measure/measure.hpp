// Timing several subjects against each other: forth and back in rounds, until their differences are known well enough.
#pragma once

#include <filesystem>

#include "bench/measure/log.hpp"
#include "bench/measure/subject.hpp"

namespace banoff::bench {

struct Timing {
  /// Per subject, before its first round; more, up to tenfold, until two blocks' medians agree within 3 %.
  double warmup_ms = 200;
  double duration_s = 10;  ///< per subject at most, but for the least number of rounds
  int iterations = 10;     ///< runs of a subject at least
  int rounds = 5;          ///< at least, each forth and back; bench::run() with 0 times nothing
};

/// Runs in blocks until the medians of two successive ones agree and the budget is used up, but for no more than ten
/// budgets. Returns the last median, in milliseconds.
[[nodiscard]] double warm_up(const Subject& subject, double budget_ms);

/// A subject's blocks in the order of their passes: two a round, one on the way forth and one on the way back.
using Passes = std::vector<Block>;

/// Times all subjects in rounds: each runs a short block in order, then again in reverse order (A B B A), so that what
/// drifts weighs on all alike. Rounds go on, beyond the least number, until what each saves against the first subject
/// is known (`is_known`, by this clock) or the subjects' time is up. `progress` is told the share done, 0..1; `log`
/// gets every block.
[[nodiscard]] std::vector<Passes> measure(const std::vector<Subject>& subjects, const Timing& timing, Clock clock,
                                          Log& log, const std::function<void(double)>& progress);

}  // namespace banoff::bench
