#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "bench/profile/grids.hpp"
#include "tests/bench/synthetic_profile.hpp"
#include "tests/files.hpp"

using namespace banoff;
using namespace banoff::bench;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const char* const net = R"(name: tiny
inputs: {x: [2, 3, 8, 8]}
nodes:
  - conv: {op: conv, out: 16, kernel: 3, padding: 1}
  - bn: batch_norm
  - tanh: tanh
  - pool: {op: max_pool, kernel: 2}
outputs: {y: pool, z: tanh}
)";

Model with_made_up_weights(const std::filesystem::path& file) {
  LoadOptions options;
  options.random_seed = 1;
  return Model::load(file, options);
}

/// On one thread everywhere: other tests of this program fork, which OpenMP's threads do not survive.
struct Tiny {
  TemporaryFolder folder;
  Model model = with_made_up_weights(folder.write("tiny.yaml", net));
  [[nodiscard]] Profile profile_on(const std::string& device) const {
    const CompiledModel compiled = CompiledModel::compile(model, {.name = device, .threads = 1});
    Session session(compiled);
    ProfileSubject subject{{}, compiled.info(), &session};
    subject.about.device = device;
    double share = 0;
    auto result = profile({subject}, {.warmup_ms = 0, .duration_s = 0, .iterations = 7, .rounds = 3},
                          [&](double done) { share = done; });
    CHECK(share == doctest::Approx(1));
    REQUIRE(result.size() == 1);
    return std::move(result.front());
  }
};

}  // namespace

TEST_CASE("a profile has every step of the plan once, in its order, with times that add up") {
  const Tiny tiny;
  for (const std::string device : {"cpu", "reference"}) {
    CAPTURE(device);
    const PlanInfo plan = CompiledModel::compile(tiny.model, {.name = device, .threads = 1}).info();
    const Profile p = tiny.profile_on(device);
    CHECK(p.runs == 9);  // three in each repetition
    REQUIRE(p.steps.size() == plan.steps.size());
    double shares = 0;
    for (std::size_t s = 0; s < p.steps.size(); ++s) {
      CHECK(p.steps[s].step.label == plan.steps[s].label);
      CHECK(p.steps[s].time.least_us <= p.steps[s].time.median_us);
      shares += share_percent(p, p.steps[s].time.least_us);
    }
    CHECK(shares == doctest::Approx(100));
    // Each run takes at least what its kernels do, and they at least their least.
    CHECK(sum(p).least_us > 0);
    CHECK(sum(p).least_us <= p.profiled_run.least_us);
    CHECK(p.ceilings.threads == 1);
    CHECK(p.ceilings.gb_per_s > 0);
    CHECK((p.ceilings.gflops > 0) == (plan.vector_bits >= 256));
    if (device == "reference") CHECK(p.ceilings.gflops == 0);  // its loops are left to the compiler
  }
}

TEST_CASE("nothing is known of what a GPU can do at best") {
  const Tiny tiny;
  const CompiledModel compiled = CompiledModel::compile(tiny.model, {.threads = 1});
  Session session(compiled);
  ProfileSubject subject{{}, compiled.info(), &session};
  subject.about.device = "gpu-fp16";
  const Profile p =
      profile({subject}, {.warmup_ms = 0, .duration_s = 0, .iterations = 1, .rounds = 1}, [](double) {}).front();
  CHECK(p.ceilings.gflops == 0);
  CHECK(p.ceilings.gb_per_s == 0);
  CHECK(p.ceilings.threads == compiled.info().threads);
  CHECK_FALSE(rates(p, p.steps[0]).peak_percent);
  CHECK_FALSE(rates(p, p.steps[0]).bandwidth_percent);
}

TEST_CASE("a step tells its work, and the bytes that it cannot do without") {
  const Tiny tiny;
  const PlanInfo plan = CompiledModel::compile(tiny.model, {.name = "reference"}).info();
  REQUIRE(plan.steps.size() >= 4);
  const StepInfo& conv = plan.steps[0];
  CHECK(conv.ops == std::vector<std::string>{"conv"});
  CHECK(conv.kind == "conv");
  CHECK(conv.flops == 2 * 2 * 16 * 64 * 27);
  CHECK(conv.bytes == sizeof(float) * (2 * 3 * 64 + 2 * 16 * 64 + 16 * 27));
  REQUIRE(conv.outputs.size() == 1);
  CHECK(conv.outputs[0].shape == Shape{2, 16, 8, 8});
  std::int64_t flops = 0, of_layers = 0;
  for (const StepInfo& step : plan.steps) flops += step.flops;
  for (const LayerInfo& layer : tiny.model.layers()) of_layers += layer.flops;
  CHECK(flops == of_layers);
}

TEST_CASE("a change of layout is a reorder, a copy is a copy, and neither computes") {
  const TemporaryFolder folder;
  // The input is an output too, and an output is never in the layout that the convolution computes in.
  const Model model = with_made_up_weights(folder.write("copies.yaml", R"(inputs: {x: [1, 16, 6, 6]}
nodes:
  - conv: {op: conv, out: 32, kernel: 3}
outputs: {y: conv, same: x}
)"));
  std::vector<std::string> kinds;
  const CompiledModel compiled = CompiledModel::compile(model, {.threads = 1});
  for (const StepInfo& step : compiled.info().steps) {
    if (!step.nodes.empty()) continue;
    kinds.push_back(step.kind);
    CHECK(step.label.starts_with(step.kind + " "));
    CHECK(step.flops == 0);
    CHECK(step.bytes >= 2 * sizeof(float) * 16 * 16);
  }
  CHECK(std::ranges::count(kinds, "copy") == 1);
  CHECK(std::ranges::count(kinds, "reorder") >= 1);
}

TEST_CASE("rates are those at the least time, and percentages of what was measured") {
  const Profile p = synthetic_profile();
  CHECK(sum(p).least_us == 100);
  CHECK(sum(p).median_us == 125);
  const Rates conv = rates(p, p.steps[0]);
  CHECK(*conv.gflops == doctest::Approx(50));
  CHECK(*conv.peak_percent == doctest::Approx(25));
  CHECK(*conv.gb_per_s == doctest::Approx(0.5));
  CHECK(*conv.bandwidth_percent == doctest::Approx(5));
  const Rates reorder = rates(p, p.steps[2]);
  CHECK_FALSE(reorder.gflops);
  CHECK_FALSE(reorder.peak_percent);
  CHECK(*reorder.bandwidth_percent == doctest::Approx(30));
  CHECK_FALSE(rates(p, {p.steps[0].step, {0, 1}}).gb_per_s);  // quicker than the clock
}

TEST_CASE("kernels are summed by op and by implementation, dearest first") {
  const Profile p = synthetic_profile();
  const auto kinds = by_kind(p);
  REQUIRE(kinds.size() == 3);
  CHECK(kinds[0].name == "conv");
  CHECK(kinds[0].least_us == 60);
  CHECK(kinds[1].name == "relu");
  CHECK(kinds[1].kernels == 2);
  CHECK(kinds[1].least_us == 30);
  CHECK(kinds[1].bytes == 3000);
  CHECK(*rates(p, kinds[1]).gb_per_s == doctest::Approx(0.1));
  const auto implementations = by_implementation(p);
  REQUIRE(implementations.size() == 2);
  CHECK(implementations[0].name == "jit");
  CHECK(implementations[0].kernels == 2);
}

TEST_CASE("the table is sorted by time or as the kernels run, and says what is not known") {
  Profile p = synthetic_profile();
  const auto firsts = [](const Grid& grid) {
    std::vector<std::string> labels;
    for (const auto& row : grid.rows) labels.push_back(row[0]);
    return labels;
  };
  CHECK(firsts(steps_grid(p, StepOrder::plan)) == std::vector<std::string>{"a", "b + c", "reorder b", "d<"});
  CHECK(firsts(steps_grid(p, StepOrder::time)) == std::vector<std::string>{"a", "d<", "b + c", "reorder b"});
  const std::string text = to_text(p, StepOrder::time);
  CHECK(has(text, "net on cpu, 2 threads, batch 3: optimal, auto, norms fused"));
  CHECK(has(text, "200.0 GFLOP/s (256 bits)"));
  CHECK(has(text, "4 kernels 100.0 us (medians: 125.0), a whole run 80.0 us (median: 90.0): the sum is 125.0 % of it"));
  p.ceilings.gflops = p.ceilings.gb_per_s = 0;
  CHECK(has(to_text(p, StepOrder::time), "peak not known, bandwidth not known"));
  CHECK(steps_grid(p, StepOrder::time).rows[0][9] == "-");
  CHECK(steps_grid(p, StepOrder::time).head[9] == "% peak");
  CHECK(to_json(p)["steps"][0]["peak_percent"].is_null());
  CHECK(to_json(p)["peak_gflops"].is_null());
}

TEST_CASE("of the ceilings the better measurement counts, and of unknown vectors there is none") {
  const Ceilings best = best_of({2, 256, 100, 9}, {2, 256, 90, 11});
  CHECK(best.gflops == 100);
  CHECK(best.gb_per_s == 11);
  CHECK(measure_ceilings(1, 0).gflops == 0);
}
