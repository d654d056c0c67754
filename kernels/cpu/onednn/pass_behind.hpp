// A kernel of the library followed by a pass of our own over its result, for what the library does slowly itself.
#pragma once

#include "kernels/cpu/onednn/primitive.hpp"
#include "kernels/cpu/pointwise.hpp"

namespace banoff::onednn {

/// `kernel`, which leaves its inputs as they are, then `chain` in place over its result; `kernel` alone where the chain
/// has no steps.
[[nodiscard]] std::unique_ptr<Kernel> with_pass_behind(std::unique_ptr<Kernel> kernel, cpu::PointwiseChain chain);
[[nodiscard]] std::string name_with_pass_behind(const std::string& implementation, const cpu::PointwiseChain& chain);

}  // namespace banoff::onednn
