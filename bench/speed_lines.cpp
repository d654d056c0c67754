// The figures of bench/README.md: a whole network against its kernels timed alone with cold caches, against the
// processor's arithmetic peak, and what the runtime itself costs per node.
#include <fmt/format.h>
#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <thread>

#include "bench/measure/statistics.hpp"
#include "runtime/session/contents.hpp"

namespace {

using namespace banoff;
using Clock = std::chrono::steady_clock;

double microseconds(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// Least and median time of `count` calls, in microseconds.
template <class F>
std::pair<double, double> time_of(int count, F&& run) {
  std::vector<double> samples;
  for (int i = 0; i < count; ++i) {
    const auto start = Clock::now();
    run();
    samples.push_back(microseconds(start));
  }
  std::ranges::sort(samples);
  return {samples.front(), bench::quantile(samples, 0.5)};
}

/// GFLOP/s of one thread doing nothing but independent fused multiply-adds on 8 floats.
__attribute__((target("avx2,fma"))) double fma_peak() {
  constexpr std::size_t chains = 12;  // latency 4-5 times two units, rounded up
  constexpr int rounds = 2'000'000;
  __m256 sums[chains];
  for (__m256& sum : sums) sum = _mm256_set1_ps(1.0F);
  const __m256 factor = _mm256_set1_ps(0.999999F);
  const __m256 term = _mm256_set1_ps(1e-6F);
  double best = 0;
  for (int repeat = 0; repeat < 10; ++repeat) {
    const auto start = Clock::now();
    for (int i = 0; i < rounds; ++i) {
      for (__m256& sum : sums) sum = _mm256_fmadd_ps(sum, factor, term);
    }
    best = std::max(best, 2.0 * 8 * chains * rounds / microseconds(start) / 1e3);
  }
  float kept[8];
  for (const __m256& sum : sums) _mm256_storeu_ps(kept, sum);
  if (kept[0] == 0.12345F) fmt::print("\n");  // the sums must not be optimised away
  return best;
}

/// Reads more than any cache holds.
void evict() {
  static std::vector<char> memory(std::size_t{96} << 20, 1);
  static volatile long sink = 0;
  long sum = 0;
  for (std::size_t i = 0; i < memory.size(); i += 64) sum += memory[i];
  sink = sink + sum;
}

/// Sum over the plan's kernels of each one's median time alone, caches evicted before every call.
double alone_us(const Plan& plan, int repeats) {
  std::vector<std::byte> memory(plan.arena_bytes + 64);
  std::byte* arena = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64);
  const Entered entered(*plan.device);
  double total = 0;
  for (const Step& step : plan.steps) {
    std::vector<const std::byte*> inputs;
    std::vector<std::byte*> outputs;
    const std::byte* const read = arena;
    for (const std::int32_t buffer : step.inputs) inputs.push_back(plan.memory(buffer, read));
    for (const std::int32_t buffer : step.outputs) outputs.push_back(plan.memory(buffer, arena));
    std::vector<std::int64_t> in_counts(inputs.size(), 1);
    std::vector<std::int64_t> out_counts(outputs.size(), 1);
    const auto state = step.kernel->make_state();
    std::vector<double> samples;
    for (int i = 0; i < repeats; ++i) {
      evict();
      // The inputs were just written by the kernel before, so in the network they are warm; only weights are cold.
      for (std::size_t k = 0; k < inputs.size(); ++k) {
        const Storage& place = plan.storage_of(step.inputs[k]);
        if (!place.constant) std::memset(arena + place.offset, 0, place.bytes);
      }
      const auto start = Clock::now();
      step.kernel->run({inputs, outputs, in_counts, out_counts, arena + plan.scratch_offset, state.get()});
      samples.push_back(microseconds(start));
    }
    std::ranges::sort(samples);
    total += bench::quantile(samples, 0.5);
  }
  return total;
}

void report(const std::string& file, int threads, double peak) {
  LoadOptions load;
  load.random_seed = 0;
  const Model model = Model::load(file, load);
  auto start = Clock::now();
  FoldOptions fold;
  fold.self_check = false;
  DeviceOptions device;
  device.threads = threads;
  const Model folded = model.fold(fold, device).first;
  const double fold_ms = microseconds(start) / 1e3;
  const CompiledModel compiled = CompiledModel::compile(folded, device);
  Session session(compiled);
  session.run();
  const auto [least, median] = time_of(30, [&] { session.run(); });
  const double alone = alone_us(*compiled.contents()->written->plan, 7);
  std::int64_t flops = 0;
  for (const LayerInfo& layer : folded.layers()) flops += layer.flops;
  const double rate = static_cast<double>(flops) / least / 1e3;
  fmt::print(
      "{} threads {}: median {:.2f} ms, least {:.2f} ms; kernels alone {:.2f} ms (run/alone {:.3f}); {:.1f} GFLOP/s, "
      "{:.0f} % of {:.1f}; fold {:.0f} ms, compile {:.0f} ms; arena {:.1f} MB, weights {:.1f} MB\n",
      model.name(), threads, median / 1e3, least / 1e3, alone / 1e3, median / alone, rate,
      100 * rate / (peak * threads), peak * threads, fold_ms, compiled.info().compile_ms,
      static_cast<double>(compiled.info().arena_bytes) / 1e6, static_cast<double>(compiled.info().weight_bytes) / 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const double peak = fma_peak();
    fmt::print("one thread's FMA peak {:.1f} GFLOP/s\n", peak);
    for (int i = 1; i < argc; ++i) {
      for (const int threads : {1, 2}) report(argv[i], threads, peak);
    }
  } catch (const Error& error) {
    fmt::print(stderr, "speed_lines: {}\n", error.what());
    return error.exit_code();
  }
}
