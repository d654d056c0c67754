// A graph compiled for a device: kernels in order, a buffer for every value, one arena for all of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/device.hpp"

namespace banoff {

/// A value in one layout. Several buffers may share a storage: a view and what it looks at, a sum and what it adds to,
/// the pieces of a concatenation.
struct Buffer {
  ValueId value = none;
  Layout layout = Layout::plain;
  std::int32_t storage = none;
  std::size_t offset = 0;  ///< in the storage: where a piece of another value lies
  std::int32_t counted_by =
      none;  ///< the buffer whose count of rows this one has: itself, or what a bounded one is a view of
};

/// Memory of one or more buffers.
struct Storage {
  std::size_t bytes = 0;
  std::size_t offset = 0;  ///< in the arena; unused for constants
  Tensor constant;         ///< set: read-only memory that the plan owns
  bool pinned = false;     ///< an input or output of the network: nothing else is ever placed there
};

struct Step {
  std::unique_ptr<Kernel> kernel;
  std::vector<std::int32_t> inputs;   ///< buffers
  std::vector<std::int32_t> outputs;  ///< buffers
  std::vector<NodeId> nodes;          ///< what it computes; empty for a change of layout
};

/// Immutable; shared by any number of sessions.
struct Plan {
  std::shared_ptr<const Graph> graph;
  std::shared_ptr<const Device> device;
  std::vector<TensorType> types;  ///< by ValueId
  std::vector<Buffer> buffers;
  std::vector<Storage> storages;
  std::vector<Step> steps;
  std::vector<std::int32_t> input_buffers;   ///< by graph input
  std::vector<std::int32_t> output_buffers;  ///< by graph output
  std::size_t arena_bytes = 0;               ///< values, then the scratchpad
  std::size_t scratch_offset = 0;

  [[nodiscard]] const Buffer& buffer(std::int32_t id) const { return buffers[static_cast<std::size_t>(id)]; }
  [[nodiscard]] const TensorType& type(std::int32_t id) const {
    return types[static_cast<std::size_t>(buffer(id).value)];
  }
  [[nodiscard]] const Storage& storage_of(std::int32_t id) const {
    return storages[static_cast<std::size_t>(buffer(id).storage)];
  }
  /// Where the buffer lies: in the arena at `arena`, or in a constant's memory.
  [[nodiscard]] const std::byte* memory(std::int32_t id, const std::byte* arena) const {
    const Storage& place = storage_of(id);
    return (place.constant ? place.constant.data() : arena + place.offset) + buffer(id).offset;
  }
  [[nodiscard]] std::byte* memory(std::int32_t id, std::byte* arena) const {
    return arena + storage_of(id).offset + buffer(id).offset;
  }
};

struct PlanOptions {
  Bindings bindings;
  /// Merge a batch norm that stayed with the activations around it.
  bool fuse_norms = true;
};

/// Throws refused, listing every node the device refuses with its reasons.
[[nodiscard]] std::shared_ptr<const Plan> compile(const Graph& graph, std::shared_ptr<const Device> device,
                                                  const PlanOptions& options);

/// Microseconds that the device expects a run of what `compile` would make to take: the same regions in the same
/// layouts, of which nothing is made. Throws as `compile` does.
[[nodiscard]] double planned_us(const Graph& graph, const Device& device, const PlanOptions& options);

}  // namespace banoff
