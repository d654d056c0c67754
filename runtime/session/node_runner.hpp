// Nodes of a network one by one, on the kernels of the cpu device.
#pragma once

#include <memory>

#include "banoff/session.hpp"
#include "folding/fold.hpp"
#include "kernels/device.hpp"

namespace banoff {

/// Computes nodes in float32. What is compiled for a node is kept for the next time it is asked for on inputs of these
/// sizes, with these parameters.
[[nodiscard]] ComputeNode node_runner(std::shared_ptr<const Device> device);

}  // namespace banoff
