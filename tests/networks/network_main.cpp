// banoff_network_fuzz: random networks from file to answer for as long as you like.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "tests/networks/network_check.hpp"
#include "tests/networks/shrink_network.hpp"
#include "tests/support/progress.hpp"

using namespace banoff::test;

namespace {

/// A folder of this process, gone with it.
class Folder {
 public:
  Folder() { std::filesystem::create_directories(path_); }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_ =
      std::filesystem::temp_directory_path() / ("banoff-networks-" + std::to_string(::getpid()));
};

struct Arguments {
  std::uint64_t networks = 5'000;
  std::uint64_t seed = 1;
  bool go_on = false;
  std::string save, keep;
};

std::string summary(const NetworkTally& tally) {
  std::ostringstream text;
  text << tally.networks << " networks, " << tally.norms << " norms";
  for (const auto& [name, folded] : tally.folded) text << ", " << name << ' ' << folded;
  for (const auto& [kind, share] : tally.worst) text << "\n  " << kind << ": at most " << share << " of the bound";
  return text.str();
}

void write(const RandomNetwork& network, const std::filesystem::path& file) {
  std::ofstream stream(file, std::ios::binary);
  network.model.SerializeToOstream(&stream);
}

void show(std::uint64_t seed, const NetworkFault& fault, const Folder& folder, const Arguments& arguments) {
  std::cout << "seed " << seed << ": " << fault.kind << ": " << fault.details << std::endl;
  if (arguments.save.empty()) return;
  const RandomNetwork small = shrink_network(random_network(seed), [&](const RandomNetwork& network) {
    const auto found = check_network(network, folder.path());
    return found && found->kind == fault.kind;
  });
  std::cout << check_network(small, folder.path()).value_or(fault).details << std::endl;
  write(small, arguments.save);
}

int fuzz(const Arguments& arguments) {
  const Folder folder;
  NetworkTally tally;
  Progress progress;
  std::size_t faults = 0;
  for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.networks; ++seed) {
    std::filesystem::path files = folder.path();
    if (!arguments.keep.empty()) {
      files = std::filesystem::path(arguments.keep) / std::to_string(seed);
      std::filesystem::create_directories(files);
    }
    if (const auto fault = check_network(random_network(seed), files, &tally)) {
      show(seed, *fault, folder, arguments);
      ++faults;
      if (!arguments.go_on) break;
    }
    progress.tell([&] { return summary(tally); });
  }
  std::cout << (faults == 0 ? "passed: " : "FAILED: ") << faults << " faults in " << summary(tally) << "\n";
  return faults == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Takes random networks from file to answer: loads, folds, runs, writes and reads them again");
  app.add_option("--networks", arguments.networks, "how many")->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the first network; the next ones count up")->capture_default_str();
  app.add_flag("--go-on", arguments.go_on, "after a fault too");
  app.add_option("--save", arguments.save, "shrink a failing network and write it to this file");
  app.add_option("--keep", arguments.keep,
                 "keep every network, what is made of it, its input and outputs below this folder");
  CLI11_PARSE(app, argc, argv);
  try {
    return fuzz(arguments);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 2;
  }
}
