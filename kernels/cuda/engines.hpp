// The engines that cuDNN proposes for a graph.
#pragma once

#include <string>
#include <vector>

#include "kernels/cuda/graph.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::cuda {

/// An engine with its knobs set.
struct EngineConfig {
  std::string name;  ///< "engine38:2=1,13=3": its number and the numbers and values of its knobs
  Descriptor config;
};

/// What one of cuDNN's heuristics proposes for the graph, best guess first, without engines that are not precise
/// enough (kernels/cuda/numerics.hpp).
[[nodiscard]] std::vector<EngineConfig> engine_configs(const Descriptor& graph, cudnnBackendHeurMode_t mode,
                                                       gpu::Math math);

}  // namespace banoff::cuda
