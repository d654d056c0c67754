// banoff bench: how fast a network runs, unfolded and folded, measured in turn.
#include "bench/bench.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"

namespace banoff::cli {
namespace {

struct BenchCommand {
  bench::BenchOptions bench;
  std::vector<std::string> norms{"separate", "fused"};
  bool json = false;
};

int run_bench(BenchCommand& command) {
  command.bench.norms.clear();
  for (const std::string& word : command.norms) {
    command.bench.norms.push_back(word == "fused" ? bench::Norms::fused : bench::Norms::separate);
  }
  constexpr std::size_t steps = 100;
  Progress progress("timing", steps);
  std::size_t shown = 0;
  const bench::BenchReport report = bench::run(
      command.bench, [](const std::string& what) { fmt::print(stderr, "{}\n", what); },
      [&](double share) {
        for (; shown < static_cast<std::size_t>(share * steps); ++shown) progress.step();
      });
  if (command.json) print_json(to_json(report, command.bench));
  else fmt::print("{}", to_text(report, command.bench));
  return 0;
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "Time networks, unfolded and folded, against each other");
  command->footer(
      "Repetitions of all variants are interleaved. Two unfolded baselines: batch norms in passes of their own "
      "(separate),\n"
      "and sharing a pass with the activation behind them (fused). Speed-up is (T_none - T) / T_none in percent.\n\n"
      "Examples:\n"
      "  banoff bench --model classifier.yaml --threads 1,2\n"
      "  banoff bench --model resnet50.yaml --weights random:0 --methods none,banoff,optimal --json > result.json");
  auto options = std::make_shared<BenchCommand>();
  bench::BenchOptions& b = options->bench;
  command->add_option("--model", b.models, "Network files (.yaml)")->required()->expected(1, -1);
  add_load_options(*command, b.load);
  add_methods_option(*command, b.methods);
  add_optimal_options(*command, b.fold);
  command->add_option("--norms", options->norms, "What becomes of norms that stay: separate, fused or both")
      ->delimiter(',')
      ->check(CLI::IsMember({"separate", "fused"}))
      ->capture_default_str();
  command->add_option("--device", b.devices, "Devices, as `banoff devices` lists them")
      ->delimiter(',')
      ->capture_default_str();
  command->add_option("--threads", b.threads, "Thread counts (0: as many as this process may use)")
      ->delimiter(',')
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command->add_option("--batch", b.batches, "Sizes of the symbolic dimension N")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--warmup", b.timing.warmup_ms, "Milliseconds of warm-up per variant")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--duration", b.timing.duration_s, "Seconds of timing per variant")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--iterations", b.timing.iterations, "Least number of runs per variant")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--repetitions", b.timing.repetitions, "Interleaved repetitions")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--percentiles", b.percentiles, "Percentiles to report")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--benchmark-json", b.benchmark_json, "File for Google Benchmark's own results");
  add_json_option(*command, options->json);
  command->callback([options, &action] { action = [options] { return run_bench(*options); }; });
}

}  // namespace banoff::cli
