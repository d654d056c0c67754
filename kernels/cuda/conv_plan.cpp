// Convolutions by plans of cuDNN's for a graph of operations.
#include <mutex>

#include "kernels/cuda/conv_graph.hpp"
#include "kernels/cuda/convolver.hpp"
#include "kernels/cuda/engines.hpp"
#include "kernels/cuda/queue.hpp"

namespace banoff::cuda {

namespace {

using gpu::ConvArgs;
using gpu::ConvProblem;

constexpr std::string_view prefix = "cudnn:";

class PlanConvolver final : public gpu::Convolver {
 public:
  PlanConvolver(const ConvProblem& problem, std::shared_ptr<HandlePool> handles, Descriptor plan)
      : problem_(problem),
        constants_(constants_of(problem)),
        handles_(std::move(handles)),
        plan_(std::move(plan)),
        workspace_(workspace_of(plan_)) {}

  void run(gpu::Queue& queue, const ConvArgs& a) const override {
    std::vector<std::int64_t> names{x_name, weights_name, y_name};
    std::vector<const void*> pointers{a.x, a.weights, a.y};
    const auto give = [&](bool wanted, std::int64_t name, const void* pointer) {
      if (!wanted) return;
      names.push_back(name);
      pointers.push_back(pointer);
    };
    give(problem_.bias, bias_name, a.bias);
    for (const gpu::EpilogueStep& step : problem_.epilogue) {
      give(step.kind == gpu::EpilogueStep::Kind::residual, residual_name, a.residual);
      give(step.lower, lower_name, a.lower);
      give(step.upper, upper_name, a.upper);
    }
    for (std::size_t i = 0; i < constants_.size(); ++i)
      give(true, first_constant + static_cast<std::int64_t>(i), &constants_[i]);
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, static_cast<std::int64_t>(pointers.size()),
             pointers.data())
        .set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, names)
        .set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, 1, &a.workspace)
        .finalize();
    // Not every engine's plan may be executed by several threads at a time. Sessions come here once or twice: they
    // repeat what they have recorded.
    const std::scoped_lock lock(mutex_);
    auto& own = dynamic_cast<CudaQueue&>(queue);
    const DeviceGuard guard(own.device());
    BANOFF_CUDNN_CHECK(cudnnBackendExecute, own.handle(), plan_.get(), pack.get());
  }
  [[nodiscard]] std::size_t workspace_bytes() const override { return workspace_; }
  [[nodiscard]] std::string plan() const override { return text_of(plan_); }

 private:
  ConvProblem problem_;
  std::vector<float> constants_;         ///< cuDNN reads them when the plan is executed
  std::shared_ptr<HandlePool> handles_;  ///< of which one made the plan
  Descriptor plan_;
  std::size_t workspace_;
  mutable std::mutex mutex_;
};

std::unique_ptr<gpu::Convolver> fitting(const ConvProblem& problem, std::size_t workspace,
                                        const std::shared_ptr<HandlePool>& handles, Descriptor plan) {
  auto made = std::make_unique<PlanConvolver>(problem, handles, std::move(plan));
  if (made->workspace_bytes() > workspace)
    fail(ErrorKind::refused, "it wants {} MiB of workspace", made->workspace_bytes() >> 20);
  return made;
}

}  // namespace

std::vector<gpu::WaySource<ConvArgs>> graph_ways(const ConvProblem& problem, std::size_t workspace,
                                                 const std::shared_ptr<HandlePool>& handles) {
  if (problem.math == gpu::Math::fma || problem.transposed) return {};
  const auto asking = [=](cudnnBackendHeurMode_t mode) {
    return [=] {
      const auto handle = handles->lend();
      const Descriptor graph = conv_graph(problem, handle.get());
      std::vector<gpu::Way<ConvArgs>> ways;
      for (const EngineConfig& engine : engine_configs(graph, mode, problem.math)) {
        ways.push_back({std::string(prefix) + engine.name, [=, config = engine.config] {
                          const auto own = handles->lend();
                          return fitting(problem, workspace, handles, plan_of(own.get(), config));
                        }});
      }
      return ways;
    };
  };
  constexpr std::size_t enough = 6;  // plans to choose from: each may take a second to make
  constexpr std::size_t few = 3;     // with fewer, the engines are asked for that take whatever they can
  return {{"cuDNN's heuristics", asking(CUDNN_HEUR_MODE_A), enough, gpu::no_limit},
          {"cuDNN's fallback heuristics", asking(CUDNN_HEUR_MODE_FALLBACK), enough, few}};
}

std::unique_ptr<gpu::Convolver> plan_convolver(const ConvProblem& problem, std::size_t workspace,
                                               const std::shared_ptr<HandlePool>& handles, const std::string& plan) {
  const auto handle = handles->lend();
  return fitting(problem, workspace, handles, plan_from(handle.get(), plan));
}

}  // namespace banoff::cuda
