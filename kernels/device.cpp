#include "kernels/device.hpp"

#include "runtime/core/aligned_memory.hpp"

namespace banoff {

std::shared_ptr<std::byte> Device::allocate(std::size_t bytes) const { return allocate_aligned(bytes); }

}  // namespace banoff
