// Options of the commands that time kernels.
#pragma once

#include "bench/profile/profile.hpp"
#include "cli/parser.hpp"

namespace banoff::cli {

/// --warmup, --duration and --iterations; returned to say more of them.
std::vector<Option> add_timing_options(Command& command, bench::Timing& timing);

/// --profile and --profile-sort; the former is returned.
Option add_profile_options(Command& command, bool& profile, bench::StepOrder& order);

}  // namespace banoff::cli
