// One block of memory, aligned for vectors, on huge pages where the system grants them.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>

#include "runtime/core/fail.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff {

struct Unmap {
  std::size_t bytes = 0;
  void operator()(std::byte* memory) const noexcept { ::munmap(memory, bytes); }
};

/// Zero-filled memory of at least `bytes`, aligned to a page. Large arenas ask for 2 MB pages: a network walks over its
/// whole arena in every run, and fewer TLB misses are worth 1-3 % there (bench/README.md).
class Arena {
 public:
  explicit Arena(std::size_t bytes) : bytes_(bytes == 0 ? 1 : bytes) {
    constexpr std::size_t huge_page = std::size_t{2} << 20;
    if (bytes_ >= huge_page) bytes_ = round_up(bytes_, huge_page);
    const std::size_t mapped = bytes_ >= huge_page ? bytes_ + huge_page : bytes_;
    void* memory = ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail_internal("memory ran out: a session takes {} bytes", bytes_);
    mapping_ = {static_cast<std::byte*>(memory), Unmap{mapped}};
    std::size_t room = mapped;
    void* aligned = memory;
    if (mapped > bytes_) {
      std::align(huge_page, bytes_, aligned, room);
      ::madvise(aligned, bytes_, MADV_HUGEPAGE);  // advice: a system without huge pages loses nothing
    }
    data_ = static_cast<std::byte*>(aligned);
  }

  [[nodiscard]] std::byte* data() const noexcept { return data_; }

 private:
  std::size_t bytes_;
  std::unique_ptr<std::byte, Unmap> mapping_;
  std::byte* data_ = nullptr;
};

}  // namespace banoff
