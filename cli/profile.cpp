#include "cli/profile.hpp"

namespace banoff::cli {

std::vector<Option> add_timing_options(Command& command, bench::Timing& timing) {
  return {
      command.option("--warmup", timing.warmup_ms, "Milliseconds of warm-up per variant")
          .not_negative()
          .shows_default(),
      command.option("--duration", timing.duration_s, "Seconds of timing per variant, at most")
          .not_negative()
          .shows_default(),
      command.option("--iterations", timing.iterations, "Least number of runs per variant").positive().shows_default()};
}

Option add_profile_options(Command& command, bool& profile, bench::StepOrder& order) {
  Option flag = command.flag("--profile", profile,
                             "Tell every kernel's time, beside this machine's peak arithmetic and bandwidth");
  command
      .option_function<std::string>(
          "--profile-sort",
          [&order](const std::string& word) {
            order = word == "order" ? bench::StepOrder::plan : bench::StepOrder::time;
          },
          "Kernels by time, or in the order in which they run (default: time)")
      .one_of({"time", "order"})
      .needs(flag);
  return flag;
}

}  // namespace banoff::cli
