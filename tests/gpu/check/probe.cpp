#include <fmt/format.h>

#include <chrono>
#include <random>

#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/failure.hpp"
#include "kernels/gpu/turns.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "tests/gpu/check/checks.hpp"
#include "tests/gpu/check/probe_problems.hpp"

namespace banoff::check {

namespace {

constexpr std::size_t workspace_limit = std::size_t{256} << 20;

double milliseconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - since).count();
}

/// What a convolution reads and writes, in the device's memory; values around zero, so that nothing is easy.
class Operands {
 public:
  Operands(const gpu::Backend& backend, const gpu::ConvProblem& p) : backend_(backend), type_(p.type) {
    std::int64_t in = p.images * p.in_channels, out = p.images * p.out_channels;
    std::int64_t weights = p.in_channels * std::int64_t{p.out_channels} / p.groups;
    for (const Window& w : p.spatial) in *= w.input, out *= w.output, weights *= w.kernel;
    args_.x = add(in, type_);
    args_.weights = add(weights, type_);
    args_.bias = add(p.out_channels, type_);
    args_.residual = add(out, type_);
    args_.lower = reinterpret_cast<const float*>(add(p.out_channels, DType::f32, -2));
    args_.upper = reinterpret_cast<const float*>(add(p.out_channels, DType::f32, 2));
    args_.y = add(out, type_);
  }

  [[nodiscard]] gpu::ConvArgs args(std::size_t workspace) {
    workspace_ = backend_.allocate(std::max<std::size_t>(workspace, 1));
    gpu::ConvArgs args = args_;
    args.workspace = workspace_.get();
    return args;
  }

 private:
  std::byte* add(std::int64_t count, DType type, float around = 0) {
    std::vector<float> values(static_cast<std::size_t>(count));
    std::normal_distribution<float> normal(around, 0.5F);
    for (float& value : values) value = normal(random_);
    const Tensor tensor = Tensor::of<float>({count}, values).as(type);
    gpu::Memory& memory = memory_.emplace_back(backend_.allocate(tensor.bytes()));
    const auto queue = backend_.make_queue();
    queue->copy(memory.get(), tensor.data(), tensor.bytes());
    queue->wait();
    return memory.get();
  }

  const gpu::Backend& backend_;
  DType type_;
  std::mt19937 random_{1};
  std::vector<gpu::Memory> memory_;
  gpu::Memory workspace_;
  gpu::ConvArgs args_;
};

/// What becomes of one way: "made", "refused" where it turns out not to fit, "failed" to be made or to run, with the
/// library's words. Throws only where nothing works any more.
Json try_way(const gpu::Way<gpu::ConvArgs>& way, Operands& operands, gpu::Queue& queue) {
  Json json{{"way", way.name}};
  const auto start = std::chrono::steady_clock::now();
  std::unique_ptr<gpu::Convolver> convolver;
  std::string failure = gpu::failure_of([&] { convolver = way.make(); });
  json["make_ms"] = milliseconds(start);
  json["status"] = convolver ? "made" : failure.empty() ? "refused" : "failed";
  if (convolver) {
    json["workspace"] = convolver->workspace_bytes();
    json["plan_bytes"] = convolver->plan().size();
    const std::function<void()> work = [&, args = operands.args(convolver->workspace_bytes())] {
      convolver->run(queue, args);
    };
    failure = gpu::failure_of([&] { (void)gpu::prove(queue, work); });
    if (failure.empty()) {
      const gpu::Timing timing = gpu::time_in_turns(queue, {&work, 1}).front();
      failure = timing.failure;
      json["us"] = timing.us;
    }
    if (!failure.empty()) json["status"] = "does not run";
  }
  if (!failure.empty()) {
    json["reason"] = failure;
    queue.require_usable();
  }
  return json;
}

Json probe_one(const gpu::Backend& backend, const gpu::ConvProblem& problem) {
  Json json{{"problem", problem.key()}, {"sources", Json::array()}, {"ways", Json::array()}};
  Operands operands(backend, problem);
  const auto queue = backend.make_queue();
  for (const auto& source : backend.ways(problem, workspace_limit)) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<gpu::Way<gpu::ConvArgs>> ways;
    const std::string failure = gpu::failure_of([&] { ways = source.ask(); });
    Json& asked = json["sources"].emplace_back(Json{{"source", source.name}, {"ask_ms", milliseconds(start)}});
    asked["ways"] = ways.size();
    if (!failure.empty()) asked["reason"] = failure;
    for (const auto& way : ways) json["ways"].push_back(try_way(way, operands, *queue));
  }
  return json;
}

/// The fastest of the ways that run; nothing where none does.
std::optional<Json> best_of(const Json& ways) {
  std::optional<Json> best;
  for (const Json& way : ways)
    if (way.contains("us") && (!best || way.at("us") < best->at("us"))) best = way;
  return best;
}

}  // namespace

int probe(const Arguments& arguments, Log& log) {
  const int shrink = static_cast<int>(arguments.number("shrink", 1));
  const std::vector<Precision> precisions = arguments.precisions("fp16,fp32,tf32");
  arguments.all_known();
  const auto backend = cuda::backend();
  for (const Precision precision : precisions) {
    for (const Problem& each : probe_problems(precision, shrink)) {
      const std::string key = fmt::format("{} {}", name_of(precision), each.name);
      if (log.has(key)) continue;
      log.begin(key);
      Json result = probe_one(*backend, each.problem);
      const auto best = best_of(result.at("ways"));
      // Own kernels compute what the library does not; only a library that can do nothing at all is a failure.
      if (best)
        fmt::print("{:44} {:3} ways, best {:9.1f} us by {}\n", key, result.at("ways").size(),
                   best->at("us").get<double>(), best->at("way").get<std::string>());
      else fmt::print("{:44} {:3} ways, none runs\n", key, result.at("ways").size());
      log.end(key, std::move(result));
    }
  }
  int running = 0;
  for (const auto& [key, result] : log.results())
    if (result.contains("ways") && best_of(result.at("ways"))) ++running;
  fmt::print("{} of {} problems have a way that runs\n", running, log.results().size());
  const int verdict = log.verdict();
  return running == 0 ? 1 : verdict;
}

}  // namespace banoff::check
