// banoff_fold_fuzz: random networks under every method for as long as you like; the first fault is shown shrunk.
#include <CLI/CLI.hpp>

#include "runtime/load/load.hpp"
#include "tests/folding/fuzz_check.hpp"
#include "tests/folding/random_net.hpp"
#include "tests/folding/shrink.hpp"
#include "tests/support/progress.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Arguments {
  std::uint64_t graphs = 10'000;
  std::uint64_t seed = 1;
  bool oracle = false;
  bool wide = false;
  std::vector<std::string> methods;  ///< empty: all
  std::string save;
};

/// Oracles want few elements and no gamma of 0; the others get every second net large and with odd gammas.
Graph net_of(std::uint64_t seed, bool oracle) {
  return random_net(seed, {.small = oracle || seed % 2 == 0, .positive_gamma = seed % 5 == 0, .odd_gamma = !oracle});
}

std::string summary(const FuzzTally& tally) {
  std::string text = std::to_string(tally.graphs) + " graphs, " + std::to_string(tally.norms) + " norms";
  for (const auto& [name, folded] : tally.folded) text += ", " + name + " " + std::to_string(folded);
  std::ostringstream error;
  error << tally.worst_error;
  if (tally.unproved > 0) text += ", unproved " + std::to_string(tally.unproved);
  return text + ", worst relative error " + error.str();
}

void show(const Graph& net, const Complaint& complaint, const Arguments& arguments, std::uint64_t seed,
          const std::vector<FuzzMethod>& methods) {
  std::cout << "seed " << seed << ": " << complaint.kind << ": " << complaint.details << "\nshrinking…" << std::endl;
  const Graph small = shrink(net, [&](const Graph& graph) {
    const auto found = check_folding(graph, methods, arguments.oracle);
    return found && found->kind == complaint.kind;
  });
  std::cout << check_folding(small, methods, arguments.oracle).value_or(complaint).details << "\n" << print(small);
  if (!arguments.save.empty()) save_model(arguments.save, small, {});
}

int fuzz(const Arguments& arguments) {
  std::vector<FuzzMethod> methods = fuzz_methods(arguments.oracle, arguments.wide);
  std::erase_if(methods, [&](const FuzzMethod& method) {
    return !arguments.methods.empty() && std::ranges::count(arguments.methods, method.name) == 0;
  });
  FuzzTally tally;
  test::Progress progress;
  for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.graphs; ++seed) {
    const Graph net = net_of(seed, arguments.oracle);
    if (const auto complaint = check_folding(net, methods, arguments.oracle, &tally)) {
      show(net, *complaint, arguments, seed, methods);
      std::cout << "FAILED after " << summary(tally) << "\n";
      return 1;
    }
    progress.tell([&] { return summary(tally); });
  }
  std::cout << "passed: " << summary(tally) << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Folds random networks and checks that nothing changes, and that nothing is missed");
  app.add_option("--graphs", arguments.graphs, "how many networks")->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the first network; the next ones count up")->capture_default_str();
  app.add_flag("--oracle", arguments.oracle, "small networks, compared with a brute-force search");
  app.add_flag("--wide", arguments.wide, "let the oracle do all that is exact, also what folding makes no use of");
  app.add_option("--methods", arguments.methods, "only these")->delimiter(',');
  app.add_option("--save", arguments.save, "write a failing network to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    return fuzz(arguments);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 2;
  }
}
