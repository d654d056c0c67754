// banoff bench: how fast a network runs, unfolded and folded, measured in turn.
#include "cli/bench.hpp"

#include <fmt/format.h>

#include "bench/stacks/catalogue.hpp"
#include "cli/commands.hpp"
#include "cli/profile.hpp"

namespace banoff::cli {

namespace {

int run_bench(BenchCommand& command) {
  const bool tables = !command.tables.empty();
  if (!command.merged.empty()) return merge_tables(command);
  if (!command.shown.empty()) return show_tables(command);
  if (command.figure5 && tables) fail_usage("--figure 5 is measured alone, without --table");
  if (!command.svg.empty() && !command.figure5) fail_usage("--svg is of --figure 5");
  if (command.figure5) return bench_figure5(command);
  if (tables) return bench_tables(command);
  if (command.bench.models.empty()) fail_usage("nothing to time: give --model, --table, --figure, --merge or --show");
  if (command.markdown) fail_usage("--markdown is of tables (--table)");
  if (command.profile) return profile_networks(command);
  if (!command.html.empty()) fail_usage("--html is of tables (--table) and of kernels' times (--profile)");
  return bench_networks(command);
}

void add_table_options(Command& command, BenchCommand& options) {
  Option table = command.option(
      "--table", options.tables,
      "Tables to measure beside their published numbers: a number of the paper's, a name, a .yaml file, all");
  table.one_or_more();
  Option figure = command.option_function<int>(
      "--figure",
      [&options](int number) {
        if (number == 5) options.figure5 = true;
        else options.tables.push_back(fmt::format("figure{}", number));
      },
      "A figure of the paper to measure: 1, or 5, which is accuracy against time saved by pruning and folding");
  figure.positive();
  Option merge = command.option("--merge", options.merged,
                                "Put results of --json (one file per machine) into one table (default: 4)");
  merge.one_or_more();
  Option show =
      command.option("--show", options.shown, "Print what --json wrote to FILE as text, --markdown or --html");
  command.option("--results", options.results, "Folder that keeps finished measurements, so that a rerun goes on")
      .shows_default();
  Option stacks = command.option("--stacks", options.stacks,
                                 "Other frameworks to run the same networks in, unfolded and folded: " +
                                     fmt::format("{}", fmt::join(bench::stack_names(), ", ")));
  stacks.by_commas().excludes(merge);
  command
      .option("--stacks-environment", options.stacks_folder,
              "Folder with the Python environment that has them (bench/stacks/install.py makes it)")
      .shows_default();
  command.flag("--fresh", options.fresh, "Measure again what is kept there");
  command.option("--html", options.html, "Write a report with plots to FILE, of the tables or the profile")
      .excludes(merge);
  command.option("--svg", options.svg, "With --figure 5: draw it to FILE");
  command.flag("--markdown", options.markdown, "Print the tables as Markdown").excludes("--json");
  merge.excludes("--json");
  for (Option other : {table, figure, merge}) show.excludes(other);
  // What a table says itself.
  for (const char* name : {"--model", "--shape", "--methods", "--activations", "--norms", "--percentiles",
                           "--benchmark-json", "--profile"}) {
    for (Option option : {table, figure, merge, show}) option.excludes(name);
  }
}

/// What the networks and the tables have in common.
void add_common_options(Command& command, BenchCommand& options) {
  bench::BenchOptions& b = options.bench;
  command.option("--device", b.devices, "Devices, as `banoff devices` lists them").by_commas().shows_default();
  command.option("--threads", b.threads, "Thread counts (0: as many as this process may use)")
      .by_commas()
      .within(0, 4096)
      .shows_default();
  add_isa_option(command, b.isa);
  add_exact_option(command, b.exact_convolutions);
  command.option("--batch", b.batches, "Sizes of the batch: the first dimension of the first input")
      .by_commas()
      .positive()
      .shows_default();
  add_timing_options(command, b.timing);
  command.option("--rounds", b.timing.rounds, "Least number of rounds, each forth and back through all variants")
      .positive()
      .shows_default();
  command.flag("--quick", b.quick,
               "Batch 1 and one thread for tables; two seconds per variant at most, six runs above 200 GFLOP");
}

}  // namespace

void add_bench(Parser& parser) {
  Command command = parser.command(
      "bench", "Time networks, unfolded and folded, against each other",
      "All variants run in turn, in short blocks, forth and back. Two unfolded baselines: batch norms in passes of "
      "their\n"
      "own (separate), and sharing a pass with the activation behind them (fused). Saved is (T_none - T) / T_none, "
      "pass by\n"
      "pass, by Hodges and Lehmann with an exact 95 % interval: of processor time with one thread, else of the "
      "wall's.\n"
      "Passes go on until the interval is below a third of what is saved or half a point, or --duration is up.\n"
      "Warm-up lasts until the medians of two blocks of runs agree within 3 %, for ten times --warmup at most.\n\n"
      "--profile tells the time of every kernel instead: the least of runs in which the clock is read between "
      "kernels,\n"
      "each followed by one in which it is not. Percentages are of what a loop of multiply-adds and one over large "
      "arrays\n"
      "reach on this machine with as many threads, before or after, whichever is better.\n\n"
      "Tables name networks and published numbers (configs/tables). Each network runs in a process of its own, with "
      "the\n"
      "weights beside it or made-up ones (random:0), and is kept in --results when done. One that cannot be measured "
      "is\n"
      "told as such, and gives the exit code at the end.\n\n"
      "--figure 5 prunes and folds the demo's classifier, and CIFAR-10's ResNet-56 where BANOFF_DATA names a folder "
      "that\n"
      "has net_cifar_resnet and data_cifar10.\n\n"
      "Examples:\n"
      "  banoff bench --model classifier.yaml --threads 1,2\n"
      "  banoff bench --model resnet50.yaml --weights random:0 --methods none,banoff,optimal --json > result.json\n"
      "  banoff bench --model resnet18.yaml --weights random:0 --methods none,optimal --profile --html profile.html\n"
      "  banoff bench --table 2 --quick\n"
      "  banoff bench --table 3 --quick --stacks keras,pytorch,ort-off\n"
      "  banoff bench --table all --html report.html --json > here.json\n"
      "  banoff bench --figure 5 --threads 1 --svg figure5.svg\n"
      "  banoff bench --merge here.json there.json");
  auto options = std::make_shared<BenchCommand>();
  bench::BenchOptions& b = options->bench;
  command.option("--model", b.models, "Network files (.yaml)").one_or_more();
  add_load_options(command, b.load);
  add_methods_option(command, options->methods);
  add_optimal_options(command, b.fold);
  command.option("--norms", options->norms, "What becomes of norms that stay: separate, fused or both")
      .by_commas()
      .one_of({"separate", "fused"})
      .shows_default();
  add_common_options(command, *options);
  command.option("--percentiles", b.percentiles, "Percentiles to report")
      .by_commas()
      .within(0.0, 100.0)
      .shows_default();
  command.option("--benchmark-json", b.benchmark_json, "File for Google Benchmark's own results");
  add_json_option(command, options->json);
  Option profile = add_profile_options(command, options->profile, options->profile_order);
  for (const char* name : {"--quick", "--percentiles", "--benchmark-json"}) profile.excludes(name);
  add_table_options(command, *options);
  command.runs([options, command] {
    options->own_threads = command.given("--threads");
    options->own_batches = command.given("--batch");
    options->own_duration = command.given("--duration");
    return run_bench(*options);
  });
}

}  // namespace banoff::cli
