#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/gpu.hpp"
#include "kernels/gpu/kernel.hpp"
#include "kernels/gpu/tuning_file.hpp"
#include "kernels/gpu/turns.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/session/bound_plan.hpp"
#include "tests/gpu/check/checks.hpp"

namespace banoff::check {

namespace {

using Clock = std::chrono::steady_clock;

double seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

/// Single runs, each waited for, as long as asked for.
Json times_of(const std::function<void()>& run, double budget_s) {
  constexpr int warm_ups = 3;
  constexpr std::size_t least = 5;
  for (int i = 0; i < warm_ups; ++i) run();
  std::vector<double> ms;
  for (const auto start = Clock::now(); ms.size() < least || seconds(start) < budget_s;) {
    const auto begun = Clock::now();
    run();
    ms.push_back(seconds(begun) * 1e3);
  }
  std::ranges::sort(ms);
  return {{"median_ms", ms[ms.size() / 2]}, {"min_ms", ms.front()}, {"runs", ms.size()}};
}

/// Memory of the device that a session can be bound to, with room for what kernels read in whole vectors.
std::span<std::byte> device_memory(const Device& device, const TensorInfo& info, std::vector<gpu::Memory>& owners) {
  constexpr std::size_t room = 256;
  const std::size_t bytes = static_cast<std::size_t>(info.shape.elements()) * size_of(info.dtype) + room;
  gpu::Memory& memory = owners.emplace_back(device.allocate(bytes));
  return {memory.get(), bytes};
}

Json from_the_host(const CompiledModel& compiled, const Tensors& inputs, double budget_s) {
  Session session(compiled);
  (void)session.run(inputs);
  return times_of([&] { session.run(); }, budget_s);
}

/// What the images hold does not matter: nothing is skipped for zeros.
Json on_the_device(const CompiledModel& compiled, const Device& device, double budget_s) {
  std::vector<gpu::Memory> owners;
  Session session(compiled);
  for (std::size_t i = 0; i < session.inputs().size(); ++i) {
    const auto memory = device_memory(device, session.inputs()[i], owners);
    session.bind_input(i, memory, MemoryKind::device);
  }
  for (std::size_t i = 0; i < session.outputs().size(); ++i)
    session.bind_output(i, device_memory(device, session.outputs()[i], owners), MemoryKind::device);
  return times_of([&] { session.run(); }, budget_s);
}

/// Every step recorded many times over and timed by the device's clock: no launches from the host are in it.
Json by_step(const CompiledModel& compiled) {
  BoundPlan plan(compiled.contents()->written);
  plan.move_to(nullptr);
  plan.fill_in_defaults();
  plan.run({});
  gpu::Queue& queue = dynamic_cast<gpu::GpuStream&>(*plan.stream()).queue();
  const std::vector<StepInfo>& steps = compiled.info().steps;
  Json json = Json::array();
  std::vector<std::function<void()>> works;
  for (std::size_t s = 0; s < plan.plan().steps.size(); ++s) works.emplace_back([&plan, s] { plan.run_step(s); });
  const std::vector<gpu::Timing> timings = gpu::time_in_turns(queue, works);
  for (std::size_t s = 0; s < works.size(); ++s) {
    json.push_back({{"step", steps.at(s).label}, {"kernel", steps.at(s).implementation}, {"us", timings[s].us}});
    if (!timings[s].failure.empty()) json.back()["reason"] = timings[s].failure;
  }
  return json;
}

struct Wanted {
  Precision precision;
  bool tune;
  double budget_s;
};

Json measure(const Model& model, const Wanted& wanted) {
  const auto backend = cuda::backend();
  gpu::Options options;
  options.precision = wanted.precision;
  options.tune = wanted.tune;
  if (wanted.tune) options.tuning_file = gpu::tuning_file(backend->name());
  const std::shared_ptr<const Device> device = gpu::device(backend, options);
  const auto start = Clock::now();
  const CompiledModel compiled = compile_on(model, device);
  Json json{{"compile_s", seconds(start)}};
  const Tensors inputs = model.random_inputs(1);
  json["from_the_host"] = from_the_host(compiled, inputs, wanted.budget_s);
  try {
    json["on_the_device"] = on_the_device(compiled, *device, wanted.budget_s);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::usage) throw;
    json["on_the_device"] = error.what();  // numbers of rows that may change stay with the host
  }
  options.record = false;
  json["step_by_step"] = from_the_host(compile_on(model, gpu::device(backend, options)), inputs, wanted.budget_s);
  json["steps"] = by_step(compiled);
  return json;
}

}  // namespace

int speed(const Arguments& arguments, Log& log) {
  const std::filesystem::path file = arguments.text("network");
  const double budget_s = arguments.number("seconds", 1);
  const auto batch = static_cast<std::int64_t>(arguments.number("batch", 1));
  const std::vector<Precision> precisions = arguments.precisions("fp16");
  arguments.all_known();
  LoadOptions load;
  load.random_seed = 0;
  load.symbols["N"] = batch;
  const Model model = Model::load(file, load);
  FoldOptions fold;
  fold.method = Method::optimal;
  fold.self_check = false;
  const Model folded = model.fold(fold).first;
  // What is there without tuning comes first: it takes seconds, whatever becomes of the rest.
  for (const bool tune : {false, true}) {
    for (const Precision precision : precisions) {
      for (const bool is_folded : {true, false}) {
        const std::string key = fmt::format("{} {} batch {}, {}, {}", model.name(), name_of(precision), batch,
                                            is_folded ? "folded" : "unfolded", tune ? "tuned" : "not tuned");
        if (log.has(key)) continue;
        log.begin(key);
        try {
          log.end(key, measure(is_folded ? folded : model, {precision, tune, budget_s}));
        } catch (const Error& error) {
          log.end(key, {{"failures", {fmt::format("{}: {}", key, error.what())}}});
          continue;
        }
        const Json& result = log.results().at(key);
        const auto least = [&](const char* what) {
          return result.at(what).is_object() ? result.at(what).at("min_ms").get<double>() : 0;
        };
        fmt::print("{}: compiled in {:.1f} s, {:.4f} ms from the host, {:.4f} on the device, {:.4f} step by step\n",
                   key, result.at("compile_s").get<double>(), least("from_the_host"), least("on_the_device"),
                   least("step_by_step"));
      }
    }
  }
  return log.verdict();
}

}  // namespace banoff::check
