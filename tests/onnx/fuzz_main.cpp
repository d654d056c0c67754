// banoff_onnx_fuzz: damaged and made-up models through the importer, as many as you like, under a limit on memory.
#include <sys/resource.h>

// The models are made with a helper of the tests, which are not run here.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>

#include "tests/onnx/fuzz_changes.hpp"
#include "tests/onnx/fuzz_harness.hpp"
#include "tests/onnx/fuzz_models.hpp"
#include "tests/support/progress.hpp"
#include "tests/support/sanitized.hpp"

using namespace banoff;

namespace {

struct Arguments {
  std::uint64_t models = 10'000;
  std::uint64_t seed = 1;
  std::uint64_t memory = 1024;  ///< MiB
  std::vector<std::string> files;
  std::string seeds, folder = "/tmp";
};

std::string read(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}
void write(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

std::uint64_t peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) / 1024;
}

/// Address space is what a system can limit; the sanitizer claims all of it, and has a limit of its own
/// (ASAN_OPTIONS=hard_rss_limit_mb=1024).
void limit_memory(std::uint64_t mib) {
  if (test::address_sanitizer) return;
  const rlimit limit{mib << 20, mib << 20};
  if (setrlimit(RLIMIT_AS, &limit) != 0) throw std::runtime_error("the memory cannot be limited");
}

struct Tally {
  std::uint64_t models = 0, loaded = 0, refused = 0;
  [[nodiscard]] std::string str() const {
    return std::to_string(models) + " models: " + std::to_string(loaded) + " loaded, " + std::to_string(refused) +
           " refused; peak " + std::to_string(peak_mib()) + " MiB";
  }
};

int fuzz(const Arguments& arguments) {
  std::vector<std::string> models = test::fuzz_models();
  for (const std::string& file : arguments.files) models.push_back(read(file));
  if (!arguments.seeds.empty()) {
    std::filesystem::create_directories(arguments.seeds);
    for (std::size_t i = 0; i < models.size(); ++i) {
      write(std::filesystem::path(arguments.seeds) / (std::to_string(i) + ".onnx"), models[i]);
    }
    return 0;
  }
  limit_memory(arguments.memory);
  const test::FuzzHarness harness(arguments.folder);
  Tally tally;
  test::Progress progress;
  for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.models; ++seed) {
    test::Dice dice(seed);
    const std::string model = test::fuzzed_model(models, dice);
    const test::FuzzHarness::Outcome outcome = harness.read(model);
    ++tally.models;
    ++(outcome.loaded ? tally.loaded : tally.refused);
    if (!outcome.fault.empty() || peak_mib() > arguments.memory) {
      const auto file = std::filesystem::path(arguments.folder) / ("fuzzed-" + std::to_string(seed) + ".onnx");
      write(file, model);
      std::cout << outcome.fault << "\nFAILED at seed " << seed << " (" << file.string() << ") after " << tally.str()
                << "\n";
      return 1;
    }
    progress.tell([&] { return tally.str(); });
  }
  std::cout << "passed: seeds " << arguments.seed << " to " << arguments.seed + arguments.models - 1 << ", "
            << tally.str() << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Reads damaged and made-up ONNX models: each is loaded or refused, without a crash and within the memory");
  app.add_option("--models", arguments.models, "how many")->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the first; the next ones count up")->capture_default_str();
  app.add_option("--memory", arguments.memory, "MiB that may be used")->capture_default_str();
  app.add_option("--from", arguments.files, "further .onnx files to damage");
  app.add_option("--folder", arguments.folder, "where the models are written")->capture_default_str();
  app.add_option("--write-seeds", arguments.seeds, "only write the undamaged and made-up models to this folder");
  CLI11_PARSE(app, argc, argv);
  try {
    return fuzz(arguments);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 2;
  }
}
