#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "banoff/file.hpp"
#include "cli/bench.hpp"
#include "cli/progress.hpp"

namespace banoff::cli {

namespace {

void set_ways(BenchCommand& command) {
  for (const Method method : command.methods) {
    for (const std::string& norms : command.norms) {
      command.bench.ways.push_back(
          {method, command.bench.fold.activations, norms == "fused" ? bench::Norms::fused : bench::Norms::separate});
    }
  }
}

void say(const std::string& what) { fmt::print(stderr, "{}\n", what); }

}  // namespace

int bench_networks(BenchCommand& command) {
  set_ways(command);
  Progress progress("timing", 100);
  bench::BenchReport report = bench::run(command.bench, say, [&](double share) { progress.set_share(share); });
  report.machine = machine();
  if (command.json) print_json(to_json(report, command.bench));
  else fmt::print("{}", to_text(report));
  return 0;
}

int profile_networks(BenchCommand& command) {
  set_ways(command);
  bench::ProfileReport report;
  {
    Progress progress("profiling", 100);
    report = bench::profile_networks(command.bench, say, [&](double share) { progress.set_share(share); });
  }
  if (!command.html.empty()) write_file_atomically(command.html, bench::to_html(report));
  if (command.json) print_json(to_json(report, command.bench));
  else fmt::print("{}", to_text(report, command.profile_order));
  return 0;
}

}  // namespace banoff::cli
