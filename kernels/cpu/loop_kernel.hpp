// A kernel that is one function over raw memory: what all own kernels of the CPU are.
#pragma once

#include <algorithm>
#include <functional>
#include <utility>

#include "kernels/device.hpp"
#include "runtime/graph/memory_cost.hpp"

namespace banoff::cpu {

struct LoopKernelTraits {
  std::string name;  ///< what implementation() says, after "loop:"
  double cost_us = 0;
  std::size_t weight_bytes = 0;
  std::vector<int> overwrites = {};  ///< inputs that output 0 may share memory with
  std::size_t scratch_bytes = 0;
};

class LoopKernel final : public Kernel {
 public:
  using Function = std::function<void(const KernelArgs&)>;
  LoopKernel(LoopKernelTraits traits, Function function) : traits_(std::move(traits)), function_(std::move(function)) {}

  void run(const KernelArgs& args) const override { function_(args); }
  [[nodiscard]] std::string implementation() const override { return "loop:" + traits_.name; }
  [[nodiscard]] std::size_t weight_bytes() const override { return traits_.weight_bytes; }
  [[nodiscard]] std::size_t scratch_bytes() const override { return traits_.scratch_bytes; }
  [[nodiscard]] bool may_overwrite(int input) const override {
    return std::ranges::find(traits_.overwrites, input) != traits_.overwrites.end();
  }
  [[nodiscard]] double cost_us() const override { return traits_.cost_us; }

 private:
  LoopKernelTraits traits_;
  Function function_;
};

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
