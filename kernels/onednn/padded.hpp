// A kernel that first writes one of its inputs, with something around it, into scratch memory.
#pragma once

#include "kernels/cpu/gather.hpp"
#include "kernels/onednn/primitive.hpp"

namespace banoff::onednn {

inline constexpr std::size_t max_padded_inputs = 8;

/// `kernel` run on the gathered input `source` and the other inputs as they are; `cost_us` is of both.
[[nodiscard]] std::unique_ptr<Kernel> padded_kernel(cpu::Gather gather, std::size_t source, double cost_us,
                                                    std::unique_ptr<Kernel> kernel);

}  // namespace banoff::onednn
