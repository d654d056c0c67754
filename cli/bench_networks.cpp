#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/bench.hpp"
#include "cli/progress.hpp"

namespace banoff::cli {

int bench_networks(BenchCommand& command) {
  for (const Method method : command.methods) {
    for (const std::string& norms : command.norms) {
      command.bench.ways.push_back(
          {method, command.bench.fold.activations, norms == "fused" ? bench::Norms::fused : bench::Norms::separate});
    }
  }
  Progress progress("timing", 100);
  const bench::BenchReport report = bench::run(
      command.bench, [](const std::string& what) { fmt::print(stderr, "{}\n", what); },
      [&](double share) { progress.set_share(share); });
  if (command.json) print_json(to_json(report, command.bench));
  else fmt::print("{}", to_text(report));
  return 0;
}

}  // namespace banoff::cli
