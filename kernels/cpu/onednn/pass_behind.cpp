#include "kernels/cpu/onednn/pass_behind.hpp"

#include "kernels/cpu/loop_kernel.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::onednn {

namespace {

class KernelWithPass final : public Kernel {
 public:
  KernelWithPass(std::unique_ptr<Kernel> kernel, cpu::PointwiseChain chain)
      : kernel_(std::move(kernel)), chain_(std::move(chain)) {
    // The chain may read any input after the kernel has written its output.
    if (kernel_->in_place_input() != none) fail_internal("a pass behind a kernel that overwrites its input");
  }

  [[nodiscard]] std::unique_ptr<KernelState> make_state() const override { return kernel_->make_state(); }
  void run(const KernelArgs& args) const override {
    kernel_->run(args);
    float* const y = cpu::output(args, 0);
    cpu::run_pointwise(chain_, args, y, y);
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return kernel_->scratch_bytes(); }
  [[nodiscard]] std::string implementation() const override {
    return name_with_pass_behind(kernel_->implementation(), chain_);
  }
  [[nodiscard]] std::size_t weight_bytes() const override { return kernel_->weight_bytes(); }

 private:
  std::unique_ptr<Kernel> kernel_;
  cpu::PointwiseChain chain_;
};

}  // namespace

std::unique_ptr<Kernel> with_pass_behind(std::unique_ptr<Kernel> kernel, cpu::PointwiseChain chain) {
  if (chain.steps.empty()) return kernel;
  return std::make_unique<KernelWithPass>(std::move(kernel), std::move(chain));
}

std::string name_with_pass_behind(const std::string& implementation, const cpu::PointwiseChain& chain) {
  return chain.steps.empty() ? implementation : implementation + "+pointwise";
}

}  // namespace banoff::onednn
