// A kernel that is one function over raw memory: what all own kernels of the CPU are.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "kernels/cpu/pass_cost.hpp"
#include "kernels/device.hpp"

namespace banoff::cpu {

struct LoopKernelTraits {
  std::string name;
  std::vector<int> overwrites = {};  ///< inputs that output 0 may share memory with
  std::size_t scratch_bytes = 0;
  std::size_t weight_bytes = 0;  ///< of packed weights

  [[nodiscard]] std::string implementation() const { return "loop:" + name; }
};

class LoopKernel final : public Kernel {
 public:
  using Function = std::function<void(const KernelArgs&)>;
  LoopKernel(LoopKernelTraits traits, Function function) : traits_(std::move(traits)), function_(std::move(function)) {}

  void run(const KernelArgs& args) const override { function_(args); }
  [[nodiscard]] bool runs_in_team() const override { return true; }
  [[nodiscard]] std::string implementation() const override { return traits_.implementation(); }
  [[nodiscard]] std::size_t scratch_bytes() const override { return traits_.scratch_bytes; }
  [[nodiscard]] std::size_t weight_bytes() const override { return traits_.weight_bytes; }
  [[nodiscard]] bool may_overwrite(int input) const override {
    return std::ranges::find(traits_.overwrites, input) != traits_.overwrites.end();
  }

 private:
  LoopKernelTraits traits_;
  Function function_;
};

/// The offer of a loop kernel whose function `prepare` makes, with the values and tables that it reads.
[[nodiscard]] inline Offer loop_offer(LoopKernelTraits traits, double cost_us,
                                      std::function<LoopKernel::Function()> prepare) {
  const std::string name = traits.implementation();
  return {name, cost_us, false, [traits = std::move(traits), prepare = std::move(prepare)]() -> Compiled {
            return std::make_unique<LoopKernel>(traits, prepare());
          }};
}
/// The same of `run(plan, args)`, with the plan that `make` makes.
template <class Make, class Run>
[[nodiscard]] Offer planned_offer(LoopKernelTraits traits, double cost_us, Make make, Run run) {
  return loop_offer(std::move(traits), cost_us, [make = std::move(make), run]() -> LoopKernel::Function {
    using Plan = decltype(make());
    return [plan = std::make_shared<const Plan>(make()), run](const KernelArgs& args) { run(*plan, args); };
  });
}
/// The same of a function that needs no preparation.
[[nodiscard]] inline Offer ready_offer(LoopKernelTraits traits, double cost_us, LoopKernel::Function function) {
  return loop_offer(std::move(traits), cost_us, [function = std::move(function)] { return function; });
}

[[nodiscard]] inline const float* input(const KernelArgs& args, std::size_t i) {
  return reinterpret_cast<const float*>(args.inputs[i]);
}
[[nodiscard]] inline float* output(const KernelArgs& args, std::size_t i) {
  return reinterpret_cast<float*>(args.outputs[i]);
}

/// Time of a pass that moves this many bytes in total. Microseconds.
[[nodiscard]] inline double pass_us(double bytes, int threads) {
  return 0.3 + (threads > 1 && bytes > 65536 ? 1.0 : 0.0) + bytes / pass_rate(bytes, threads) * 1e-3;
}

}  // namespace banoff::cpu
