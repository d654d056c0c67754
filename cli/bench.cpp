// banoff bench: how fast a network runs, unfolded and folded, measured in turn.
#include "cli/bench.hpp"

#include <fmt/format.h>

#include "cli/commands.hpp"

namespace banoff::cli {

namespace {

int run_bench(BenchCommand& command) {
  const bool tables = !command.tables.empty();
  if (!command.merged.empty()) return merge_tables(command);
  if (tables) return bench_tables(command);
  if (command.bench.models.empty()) fail_usage("nothing to time: give --model, --table, --figure or --merge");
  if (!command.html.empty() || command.markdown) fail_usage("--html and --markdown are of tables (--table)");
  return bench_networks(command);
}

void add_table_options(CLI::App& command, BenchCommand& options) {
  CLI::Option* table = command.add_option(
      "--table", options.tables,
      "Tables to measure beside their published numbers: a number of the paper's, a name, a .yaml file, all");
  table->expected(1, -1);
  CLI::Option* figure = command.add_option_function<int>(
      "--figure", [&options](int number) { options.tables.push_back(fmt::format("figure{}", number)); },
      "A figure of the paper to measure");
  figure->check(CLI::PositiveNumber);
  CLI::Option* merge = command.add_option("--merge", options.merged,
                                          "Put results of --json (one file per machine) into one table (default: 4)");
  merge->expected(1, -1);
  command.add_option("--results", options.results, "Folder that keeps finished measurements, so that a rerun goes on")
      ->capture_default_str();
  command.add_flag("--fresh", options.fresh, "Measure again what is kept there");
  command.add_option("--html", options.html, "Write a report of the tables with plots to FILE")->excludes(merge);
  command.add_flag("--markdown", options.markdown, "Print the tables as Markdown")->excludes("--json");
  merge->excludes("--json");
  // What a table says itself.
  for (const char* name :
       {"--model", "--shape", "--methods", "--activations", "--norms", "--percentiles", "--benchmark-json"}) {
    for (CLI::Option* option : {table, figure, merge}) option->excludes(name);
  }
}

/// What the networks and the tables have in common.
void add_timing_options(CLI::App& command, BenchCommand& options) {
  bench::BenchOptions& b = options.bench;
  command.add_option("--device", b.devices, "Devices, as `banoff devices` lists them")
      ->delimiter(',')
      ->capture_default_str();
  command.add_option("--threads", b.threads, "Thread counts (0: as many as this process may use)")
      ->delimiter(',')
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command.add_option("--batch", b.batches, "Sizes of the batch: the first dimension of the first input")
      ->delimiter(',')
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--warmup", b.timing.warmup_ms, "Milliseconds of warm-up per variant")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--duration", b.timing.duration_s, "Seconds of timing per variant")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command.add_option("--iterations", b.timing.iterations, "Least number of runs per variant")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--repetitions", b.timing.repetitions, "Interleaved repetitions")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--quick", b.quick,
                   "Batch 1 and all threads for tables; five repetitions in a second, three runs above 200 GFLOP; "
                   "networks folded alike are timed once");
}

}  // namespace

void add_bench(CLI::App& app, Action& action) {
  CLI::App* command = app.add_subcommand("bench", "Time networks, unfolded and folded, against each other");
  command->footer(
      "Repetitions of all variants are interleaved. Two unfolded baselines: batch norms in passes of their own "
      "(separate),\n"
      "and sharing a pass with the activation behind them (fused). Speed-up is (T_none - T) / T_none in percent.\n"
      "Warm-up lasts until the medians of two blocks of runs agree within 3 %, for ten times --warmup at most.\n\n"
      "Tables name networks and published numbers (configs/tables). Each network runs in a process of its own, with "
      "the\n"
      "weights beside it or made-up ones (random:0), and is kept in --results when done. One that cannot be measured "
      "is\n"
      "told as such, and gives the exit code at the end.\n\n"
      "Examples:\n"
      "  banoff bench --model classifier.yaml --threads 1,2\n"
      "  banoff bench --model resnet50.yaml --weights random:0 --methods none,banoff,optimal --json > result.json\n"
      "  banoff bench --table 2 --quick\n"
      "  banoff bench --table all --html report.html --json > here.json\n"
      "  banoff bench --merge here.json there.json");
  auto options = std::make_shared<BenchCommand>();
  bench::BenchOptions& b = options->bench;
  command->add_option("--model", b.models, "Network files (.yaml)")->expected(1, -1);
  add_load_options(*command, b.load);
  add_methods_option(*command, options->methods);
  add_optimal_options(*command, b.fold);
  command->add_option("--norms", options->norms, "What becomes of norms that stay: separate, fused or both")
      ->delimiter(',')
      ->check(CLI::IsMember({"separate", "fused"}))
      ->capture_default_str();
  add_timing_options(*command, *options);
  command->add_option("--percentiles", b.percentiles, "Percentiles to report")
      ->delimiter(',')
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->add_option("--benchmark-json", b.benchmark_json, "File for Google Benchmark's own results");
  add_json_option(*command, options->json);
  add_table_options(*command, *options);
  command->callback([options, command, &action] {
    options->own_threads = command->count("--threads") > 0;
    options->own_batches = command->count("--batch") > 0;
    options->own_duration = command->count("--duration") > 0;
    action = [options] { return run_bench(*options); };
  });
}

}  // namespace banoff::cli
