// Memory to try ways on.
#pragma once

#include "kernels/gpu/backend.hpp"

namespace banoff::gpu {

/// Lives until the ways have been tried. Operands are random: a GPU multiplies zeros faster, and at a higher clock.
class TrialMemory {
 public:
  TrialMemory(const Backend& backend, Queue& queue) : backend_(backend), queue_(queue) {}

  /// Values of this type, evenly spread over [-1, 1]; the same in every process. `bytes` are whole elements.
  [[nodiscard]] std::byte* random(std::size_t bytes, DType type);
  /// At least so many bytes, aligned as the device's allocations are; whoever asks next is given the same ones.
  [[nodiscard]] std::byte* workspace(std::size_t bytes);

 private:
  const Backend& backend_;
  Queue& queue_;
  std::vector<Memory> memory_;
  std::byte* workspace_ = nullptr;
  std::size_t workspace_bytes_ = 0;
};

}  // namespace banoff::gpu
