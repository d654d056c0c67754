// Choosing between ways: by a clock of the test's, whatever fails on the way, once per problem.
#include <doctest/doctest.h>

#include <thread>

#include <fmt/format.h>

#include "kernels/gpu/tuner.hpp"
#include "kernels/region.hpp"
#include "tests/files.hpp"
#include "tests/gpu/host_backend.hpp"

using namespace banoff;
using test::HostWay;

namespace {

struct Operands {
  std::byte* workspace = nullptr;
};

class Sleeper final : public gpu::Runner<Operands> {
 public:
  explicit Sleeper(HostWay way) : way_(std::move(way)) {}
  void run(gpu::Queue& queue, const Operands& operands) const override {
    CHECK(operands.workspace != nullptr);
    if (!way_.unrunnable.empty()) throw std::runtime_error(way_.unrunnable);
    test::spend(queue, way_.us);
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return 16; }
  [[nodiscard]] std::string plan() const override { return "plan of " + way_.name; }

 private:
  HostWay way_;
};

using Made = std::unique_ptr<gpu::Runner<Operands>>;

Made make(const HostWay& way) {
  if (!way.unbuilt.empty()) throw std::runtime_error(way.unbuilt);
  return std::make_unique<Sleeper>(way);
}

gpu::WaySource<Operands> source(const std::string& name, const std::vector<HostWay>& ways) {
  const auto ask = [ways] {
    std::vector<gpu::Way<Operands>> made;
    for (const HostWay& way : ways) made.push_back({way.name, [way] { return make(way); }});
    return made;
  };
  return {name, ask};
}

gpu::Problem<Operands> problem(const std::string& key, const std::vector<HostWay>& ways) {
  return {key, {source("library", ways)}, {}, [](gpu::TrialMemory&) { return Operands{}; }};
}

/// The same with plans, which only a library knows how to read that has the way.
gpu::Problem<Operands> with_plans(const std::string& key, const std::vector<HostWay>& ways) {
  gpu::Problem<Operands> result = problem(key, ways);
  result.rebuild = [ways](const std::string& name, const std::string& plan) -> Made {
    if (plan.empty()) return nullptr;
    if (plan != "plan of " + name) throw std::runtime_error("SERIALIZATION_VERSION_MISMATCH");
    return make(*std::ranges::find(ways, name, &HostWay::name));
  };
  return result;
}

struct Kept {
  TemporaryFolder folder;
  std::filesystem::path file = folder.path() / "a.tunings";
  std::shared_ptr<test::HostBackend> backend = std::make_shared<test::HostBackend>();

  [[nodiscard]] gpu::Tuner tuner(bool measure = true) const { return {backend, file, measure}; }
  [[nodiscard]] std::filesystem::path plan() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "a.plans")) return entry.path();
    FAIL("no plan was kept");
    return {};
  }
};

std::string refusal(gpu::Tuner& tuner, const gpu::Problem<Operands>& asked) {
  try {
    (void)tuner.choose(asked);
  } catch (const Refused& refused) {
    return refused.reason;
  }
  FAIL("nothing was refused");
  return {};
}

const std::vector<HostWay> three{{"slow", 30}, {"fast", 10}, {"middling", 20}};

}  // namespace

TEST_CASE("the fastest way is taken, once for all problems that are the same") {
  const Kept kept;
  auto tuner = kept.tuner();
  const auto first = tuner.choose(problem("key", three));
  CHECK(first.name == "fast");
  CHECK(first.us == doctest::Approx(10));
  CHECK(tuner.choose(problem("key", three)).runner == first.runner);
  CHECK(tuner.counts().remembered == 1);
  CHECK(tuner.counts().built == 3);
  CHECK(tuner.choose(problem("another", three)).runner != first.runner);
  CHECK(tuner.counts().remembered == 1);
  CHECK(tuner.counts().built == 6);
}

TEST_CASE("threads that compile the same problem at a time get the same computation") {
  const Kept kept;
  auto tuner = kept.tuner();
  std::vector<std::shared_ptr<const gpu::Runner<Operands>>> found(4);
  std::vector<std::thread> threads;
  for (auto& runner : found) threads.emplace_back([&] { runner = tuner.choose(problem("key", three)).runner; });
  for (std::thread& thread : threads) thread.join();
  for (const auto& runner : found) CHECK(runner == found[0]);
  CHECK(tuner.counts().built == 3);
}

TEST_CASE("a clock that rises while ways are timed favours none of them") {
  // Five times as slow for nearly as long as tuning warms up: whatever is measured before would be out by that.
  const auto backend = std::make_shared<test::HostBackend>(test::HostOptions{.cold_us = 19e3, .cold_factor = 5});
  for (const auto& ways :
       {std::vector<HostWay>{{"a", 1.0}, {"b", 1.1}}, std::vector<HostWay>{{"b", 1.1}, {"a", 1.0}}}) {
    gpu::Tuner tuner(backend, {}, true);
    backend->counters().device_us = 0;
    const auto chosen = tuner.choose(problem("key", ways));
    CHECK(chosen.name == "a");
    CHECK(chosen.us == doctest::Approx(1.0));
  }
}

TEST_CASE("long work is timed in fewer runs, and all of it by the device's clock") {
  const Kept kept;
  auto tuner = kept.tuner();
  CHECK(tuner.choose(problem("key", {{"seconds", 2e6}, {"a second", 1e6}})).name == "a second");
  CHECK(kept.backend->counters().device_us < 60e6);
}

TEST_CASE("what does not build, and what builds and does not run, is not the way") {
  const Kept kept;
  auto tuner = kept.tuner();
  const std::vector<HostWay> ways{{"unbuilt", 1, "cudnnBackendFinalize: CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED (1008)"},
                                  {"works", 5},
                                  {"unrunnable", 1, "", "cudnnBackendExecute: CUDNN_STATUS_EXECUTION_FAILED (5000)"}};
  CHECK(tuner.choose(problem("key", ways)).name == "works");
  CHECK(tuner.counts().failed == 2);
  std::vector<HostWay> failing = ways;
  failing[1].unrunnable = "out of memory";
  const std::string reason = refusal(tuner, problem("none", failing));
  CHECK(reason.starts_with("no way to compute none: "));
  CHECK(reason.find("unbuilt: cudnnBackendFinalize: CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED (1008)") !=
        std::string::npos);
  CHECK(reason.find("works: out of memory") != std::string::npos);
  CHECK(reason.find("unrunnable: cudnnBackendExecute: CUDNN_STATUS_EXECUTION_FAILED (5000)") != std::string::npos);
  const int built = tuner.counts().built;
  CHECK(refusal(tuner, problem("none", failing)) == reason);
  CHECK(tuner.counts().built == built);
  CHECK(refusal(tuner, problem("empty", {})) == "no way to compute empty");
}

TEST_CASE("a source is asked until enough of it builds, the next one where that is too little") {
  const Kept kept;
  const std::vector<HostWay> proposals{{"p0", 9, "no"}, {"p1", 8}, {"p2", 7, "no"}, {"p3", 6}, {"p4", 5}};
  const auto asked = [&](std::size_t most, std::size_t below) {
    auto tuner = kept.tuner();
    gpu::Problem<Operands> result = problem(fmt::format("{} {}", most, below), proposals);
    result.sources[0].most = most;
    result.sources.push_back(source("fallback", {{"p4", 5}, {"last", 1}}));
    result.sources[1].below = below;
    const std::string name = tuner.choose(result).name;
    return fmt::format("{} of {}", name, tuner.counts().built);
  };
  CHECK(asked(2, 2) == "p3 of 2");
  CHECK(asked(3, 2) == "p4 of 3");
  CHECK(asked(2, 3) == "last of 4");
  CHECK(asked(9, 4) == "last of 4");  // p4 is not built twice
}

TEST_CASE("a source that fails when it is asked gives its reason, and the next one is asked") {
  const Kept kept;
  auto tuner = kept.tuner();
  gpu::Problem<Operands> asked = problem("key", three);
  asked.sources.insert(asked.sources.begin(), {"heuristics", []() -> std::vector<gpu::Way<Operands>> {
                                                 throw std::runtime_error("NOT_SUPPORTED (3000)");
                                               }});
  CHECK(tuner.choose(asked).name == "fast");
  asked.key = "alone";
  asked.sources.pop_back();
  CHECK(refusal(tuner, asked) == "no way to compute alone: heuristics: NOT_SUPPORTED (3000)");
}

TEST_CASE("without measuring the first that builds and runs is taken, and nothing behind it is built") {
  const Kept kept;
  auto tuner = kept.tuner(false);
  const auto chosen = tuner.choose(problem("key", {{"a", 1, "no"}, {"b", 1, "", "no"}, {"c", 9}, {"d", 1}, {"e", 1}}));
  CHECK(chosen.name == "c");
  CHECK(chosen.us == 0);
  CHECK(tuner.counts().built == 2);
  CHECK(tuner.counts().timed == 0);
  CHECK(gpu::read_tunings(kept.file, kept.backend->name()).empty());
}

TEST_CASE("a choice is measured once and then known, also to the next process, measuring or not") {
  const Kept kept;
  CHECK(kept.tuner().choose(problem("key", three)).name == "fast");
  for (const bool measure : {true, false}) {
    auto again = kept.tuner(measure);
    const auto chosen = again.choose(problem("key", three));
    CHECK(chosen.name == "fast");
    CHECK(chosen.us == doctest::Approx(10));
    CHECK(again.counts().built == 1);
    CHECK(again.counts().timed == 0);
  }
}

TEST_CASE("a known choice that is gone, does not build or does not run any more is chosen anew") {
  const std::vector<std::vector<HostWay>> later{{{"slow", 30}, {"middling", 20}},
                                                {{"slow", 30}, {"fast", 10, "no"}, {"middling", 20}},
                                                {{"slow", 30}, {"fast", 10, "", "no"}, {"middling", 20}}};
  for (const auto& ways : later) {
    const Kept kept;
    CHECK(kept.tuner().choose(problem("key", three)).name == "fast");
    CHECK(kept.tuner(false).choose(problem("key", ways)).name == "slow");
    CHECK(kept.tuner().choose(problem("key", ways)).name == "middling");
    CHECK(gpu::read_tunings(kept.file, kept.backend->name()).at("key").choice == "middling");
  }
}

TEST_CASE("a chosen way comes from its plan in the next process, and nobody is asked") {
  const Kept kept;
  CHECK(kept.tuner().choose(with_plans("key", three)).name == "fast");
  auto again = kept.tuner();
  CHECK(again.choose(with_plans("key", three)).name == "fast");
  CHECK(again.counts().restored == 1);
  CHECK(again.counts().asked == 0);
  CHECK(again.counts().built == 0);
}

TEST_CASE("without measuring plans save building too") {
  const Kept kept;
  CHECK(kept.tuner(false).choose(with_plans("key", three)).name == "slow");
  auto again = kept.tuner(false);
  CHECK(again.choose(with_plans("key", three)).name == "slow");
  CHECK(again.counts().restored == 1);
  CHECK(again.counts().built == 0);
}

TEST_CASE("a plan that is damaged or of another version is built anew, and kept anew") {
  for (const bool damaged : {true, false}) {
    const Kept kept;
    (void)kept.tuner().choose(with_plans("key", three));
    if (damaged) std::ofstream(kept.plan(), std::ios::app) << "x";
    else gpu::PlanFiles(gpu::plan_folder(kept.file), kept.backend->name()).write("key", "fast", "of another version");
    auto tuner = kept.tuner();
    CHECK(tuner.choose(with_plans("key", three)).name == "fast");
    CHECK(tuner.counts().restored == 0);
    CHECK(tuner.counts().discarded == (damaged ? 0 : 1));
    CHECK(tuner.counts().built == 1);
    CHECK(tuner.counts().timed == 0);
    auto again = kept.tuner();
    (void)again.choose(with_plans("key", three));
    CHECK(again.counts().restored == 1);
  }
}

TEST_CASE("a plan that is made and does not run is dropped, and the choice with it") {
  const Kept kept;
  (void)kept.tuner().choose(with_plans("key", three));
  auto ways = three;
  ways[1].unrunnable = "no";
  auto tuner = kept.tuner();
  CHECK(tuner.choose(with_plans("key", ways)).name == "middling");
  CHECK(tuner.counts().restored == 1);
  CHECK(gpu::PlanFiles(gpu::plan_folder(kept.file), kept.backend->name()).read("key", "fast") == std::nullopt);
}
