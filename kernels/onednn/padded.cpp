#include "kernels/onednn/padded.hpp"

#include <algorithm>
#include <array>

namespace banoff::onednn {

namespace {

class PaddedKernel final : public Kernel {
 public:
  PaddedKernel(cpu::Gather gather, std::size_t source, std::unique_ptr<Kernel> kernel, double cost_us)
      : gather_(std::move(gather)), source_(source), kernel_(std::move(kernel)), cost_us_(cost_us) {}

  [[nodiscard]] std::unique_ptr<KernelState> make_state() const override { return kernel_->make_state(); }
  void run(const KernelArgs& args) const override {
    std::array<const std::byte*, max_padded_inputs> inputs{};
    std::ranges::copy(args.inputs, inputs.begin());
    gather_.run(args.inputs[source_], args.scratch);
    inputs[source_] = args.scratch;
    KernelArgs inner = args;
    inner.inputs = std::span(inputs).first(args.inputs.size());
    inner.scratch = args.scratch + padded_bytes();
    kernel_->run(inner);
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return padded_bytes() + kernel_->scratch_bytes(); }
  [[nodiscard]] std::string implementation() const override { return "pad+" + kernel_->implementation(); }
  [[nodiscard]] std::size_t weight_bytes() const override { return kernel_->weight_bytes(); }
  [[nodiscard]] int in_place_input() const override { return kernel_->in_place_input(); }
  [[nodiscard]] double cost_us() const override { return cost_us_; }

 private:
  /// Rounded up, so that the scratch memory behind it is aligned as well.
  [[nodiscard]] std::size_t padded_bytes() const { return (gather_.output_bytes() + 63) / 64 * 64; }

  cpu::Gather gather_;
  std::size_t source_;
  std::unique_ptr<Kernel> kernel_;
  double cost_us_;
};

}  // namespace

std::unique_ptr<Kernel> padded_kernel(cpu::Gather gather, std::size_t source, double cost_us,
                                      std::unique_ptr<Kernel> kernel) {
  return std::make_unique<PaddedKernel>(std::move(gather), source, std::move(kernel), cost_us);
}

}  // namespace banoff::onednn
