// Memory for tensors: aligned for vectors, and in huge pages where it is large.
#pragma once

#include <cstddef>
#include <memory>

namespace banoff {

/// Frees what allocate_aligned() gave.
struct FreeAligned {
  std::size_t alignment = 0;
  void operator()(std::byte* memory) const;
};
using AlignedMemory = std::unique_ptr<std::byte, FreeAligned>;

/// `bytes` zeros, aligned to a cache line; from 2 MiB on to a huge page, which the system is asked to use: weights that
/// are streamed once a run would miss the translation of every small page. Throws std::bad_alloc.
[[nodiscard]] AlignedMemory allocate_aligned(std::size_t bytes);

}  // namespace banoff
