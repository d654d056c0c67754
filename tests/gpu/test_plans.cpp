// Plans on disk, the threads that build them, and what they are tried on.
#include <doctest/doctest.h>

#include <atomic>
#include <cmath>
#include <sstream>

#include "kernels/gpu/plan_files.hpp"
#include "kernels/gpu/task_pool.hpp"
#include "kernels/gpu/trial_memory.hpp"
#include "runtime/core/half.hpp"
#include "tests/files.hpp"
#include "tests/gpu/host_backend.hpp"

using namespace banoff;

namespace {

std::filesystem::path only_file(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) found.push_back(entry.path());
  REQUIRE(found.size() == 1);
  return found[0];
}

std::string contents(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("plans come back byte by byte, for their machine, problem and way alone") {
  const TemporaryFolder folder;
  const std::filesystem::path place = folder.path() / "gpu.plans";
  const gpu::PlanFiles plans(place, "gpu, library 1");
  const std::string text("{\"cubin\": \"\n\tchecksum \0\xff\"}\n", 27);
  plans.write("conv2 f16", "engine1:2=3", text);
  CHECK(plans.read("conv2 f16", "engine1:2=3") == text);
  CHECK(plans.read("conv2 f16", "engine1") == std::nullopt);
  CHECK(plans.read("conv2 f32", "engine1:2=3") == std::nullopt);
  CHECK(gpu::PlanFiles(place, "gpu, library 2").read("conv2 f16", "engine1:2=3") == std::nullopt);
  plans.remove("conv2 f16", "engine1:2=3");
  CHECK(plans.read("conv2 f16", "engine1:2=3") == std::nullopt);
  const gpu::PlanFiles nowhere({}, "gpu");
  nowhere.write("key", "way", "plan");
  CHECK(nowhere.read("key", "way") == std::nullopt);
}

TEST_CASE("a damaged plan is no plan, wherever it is damaged") {
  const TemporaryFolder folder;
  const gpu::PlanFiles plans(folder.path(), "gpu");
  plans.write("key", "way", "plan");
  const auto file = only_file(folder.path());
  const std::string whole = contents(file);
  const auto read = [&](const std::string& text) {
    std::ofstream(file, std::ios::binary) << text;
    return plans.read("key", "way");
  };
  CHECK(read(whole) == "plan");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    CAPTURE(i);
    CHECK(read(damaged) == std::nullopt);
    CHECK(read(whole.substr(0, i)) == std::nullopt);
  }
}

TEST_CASE("a pool does every task it is given, by no more threads than it may have") {
  gpu::TaskPool pool(3);
  CHECK(pool.most_threads() <= 3);
  std::atomic<std::size_t> running{0}, most{0};
  std::atomic<int> done{0};
  const auto task = [&] {
    const std::size_t now = ++running;
    for (std::size_t seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
    }
    ++done;
    --running;
  };
  for (int round = 0; round < 3; ++round) pool.run(std::vector<std::function<void()>>(50, task));
  CHECK(done == 150);
  CHECK(most <= pool.most_threads());
  pool.run({});
}

TEST_CASE("ways are tried on values of all sizes, and on one workspace") {
  const test::HostBackend backend;
  const auto queue = backend.make_queue();
  gpu::TrialMemory memory(backend, *queue);
  constexpr std::size_t count = 200'000;  // more than one block of random values
  const auto* const floats = reinterpret_cast<const float*>(memory.random(count * sizeof(float), DType::f32));
  const auto* const halves = reinterpret_cast<const f16*>(memory.random(count * sizeof(f16), DType::f16));
  double sum = 0, squares = 0, most = 0, most_apart = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const auto value = static_cast<double>(floats[i]);
    most = std::max(most, std::abs(value));
    most_apart = std::max(most_apart, std::abs(value - static_cast<double>(to_float(halves[i]))));
    sum += value;
    squares += value * value;
  }
  CHECK(most <= 1);
  CHECK(most_apart < 1e-3);
  CHECK(std::abs(sum / count) < 0.02);
  CHECK(squares / count == doctest::Approx(1.0 / 3).epsilon(0.02));
  std::byte* const workspace = memory.workspace(100);
  CHECK(memory.workspace(50) == workspace);
  CHECK(memory.workspace(200) != workspace);
  CHECK(memory.workspace(0) != nullptr);
}
