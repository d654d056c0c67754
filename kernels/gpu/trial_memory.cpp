#include "kernels/gpu/trial_memory.hpp"

#include <algorithm>
#include <random>

#include "banoff/tensor.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

std::byte* TrialMemory::random(std::size_t bytes, DType type) {
  // A block of random values, then copies of what is there by now: batches of large images are many millions of values.
  constexpr std::size_t block = std::size_t{1} << 16;
  const std::size_t size = size_of(type);
  std::mt19937 generator(1);
  std::uniform_real_distribution<float> spread(-1, 1);
  std::vector<float> values(std::min(block, bytes / size));
  for (float& value : values) value = spread(generator);
  const Tensor tensor = Tensor::of<float>({static_cast<std::int64_t>(values.size())}, values).as(type);
  memory_.push_back(backend_.allocate(std::max<std::size_t>(bytes, 1)));
  std::byte* const memory = memory_.back().get();
  queue_.copy(memory, tensor.data(), tensor.bytes());
  for (std::size_t done = tensor.bytes(); done < bytes && done > 0;) {
    const std::size_t more = std::min(done, bytes - done);
    queue_.copy(memory + done, memory, more);
    done += more;
  }
  queue_.wait();
  return memory;
}

std::byte* TrialMemory::workspace(std::size_t bytes) {
  if (workspace_ == nullptr || bytes > workspace_bytes_) {
    memory_.push_back(backend_.allocate(std::max<std::size_t>(bytes, 1)));
    workspace_ = memory_.back().get();
    workspace_bytes_ = bytes;
  }
  return workspace_;
}

}  // namespace banoff::gpu
