#include "runtime/core/aligned_memory.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <new>

namespace banoff {

void FreeAligned::operator()(std::byte* memory) const { ::operator delete (memory, std::align_val_t{alignment}); }

AlignedMemory allocate_aligned(std::size_t bytes) {
  constexpr std::size_t cache_line = 64, huge_page = std::size_t{2} << 20U;
  const std::size_t size = std::max<std::size_t>(bytes, 1);
  const std::size_t alignment = size >= huge_page ? huge_page : cache_line;
  AlignedMemory memory(static_cast<std::byte*>(::operator new (size, std::align_val_t{alignment})), {alignment});
#if defined(__linux__)
  // A wish, for whole huge pages alone: small pages serve as well.
  if (alignment == huge_page) madvise(memory.get(), size / huge_page * huge_page, MADV_HUGEPAGE);
#endif
  std::fill_n(memory.get(), size, std::byte{0});
  return memory;
}

}  // namespace banoff
