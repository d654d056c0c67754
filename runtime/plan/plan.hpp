// A graph compiled for a device: kernels in order, the layout of every value, and one arena for all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/device.hpp"

namespace banoff {

/// A value's place while a plan runs.
struct Slice64 {
  std::size_t offset = 0;  ///< in the arena
  std::size_t bytes = 0;
};

struct Step {
  std::unique_ptr<Kernel> kernel;
  std::vector<std::int32_t> inputs;   ///< buffers
  std::vector<std::int32_t> outputs;  ///< buffers
  std::vector<NodeId> nodes;          ///< what it computes; empty for a reorder
  std::string label;                  ///< for profiles: "conv1 + bn1 + relu"
};

/// One buffer of a plan: a value in one layout.
struct Buffer {
  ValueId value = none;
  Layout layout = Layout::plain;
  TensorType type;
  std::size_t bytes = 0;
  std::size_t offset = 0;      ///< in the arena; unused for constants
  const std::byte* constant = nullptr;  ///< set: read-only memory owned by the graph
};

/// Immutable; shared by any number of sessions.
struct Plan {
  std::shared_ptr<const Graph> graph;
  std::shared_ptr<const Device> device;
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<std::int32_t> input_buffers;   ///< by graph input
  std::vector<std::int32_t> output_buffers;  ///< by graph output
  std::size_t arena_bytes = 0;               ///< values and the scratchpad
  std::size_t scratch_offset = 0;
  std::size_t scratch_bytes = 0;
  std::size_t weight_bytes = 0;              ///< packed weights of all kernels
};

struct PlanOptions {
  Bindings bindings;
  /// Merge batch norms that stayed into the kernel of the activation behind them.
  bool fuse_norms = false;
};

/// Throws refused, listing every node the device refuses with its reasons.
[[nodiscard]] std::shared_ptr<const Plan> compile(std::shared_ptr<const Graph> graph,
                                                  std::shared_ptr<const Device> device, const PlanOptions& options);

}  // namespace banoff
