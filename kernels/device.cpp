#include "kernels/device.hpp"

#include <algorithm>
#include <new>

namespace banoff {

std::shared_ptr<std::byte> Device::allocate(std::size_t bytes) const {
  constexpr std::size_t alignment = 64;
  void* const memory = ::operator new (std::max<std::size_t>(bytes, 1), std::align_val_t{alignment});
  std::shared_ptr<std::byte> owner(static_cast<std::byte*>(memory),
                                   [](std::byte* p) { ::operator delete (p, std::align_val_t{alignment}); });
  std::fill_n(owner.get(), bytes, std::byte{0});
  return owner;
}

}  // namespace banoff
