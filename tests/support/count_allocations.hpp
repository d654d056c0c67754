// For one file of a test program: whatever the program allocates is told to the file's count_allocation.
#pragma once

#include <cstdlib>
#include <new>

/// Whom memory is for is told by the address that called.
static void count_allocation(std::size_t bytes, void* caller);

// A sanitizer has its own operator new, which cannot be replaced for one half of a program only.
#if defined(__has_feature)
#define BANOFF_COUNTS_ALLOCATIONS !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#else
#define BANOFF_COUNTS_ALLOCATIONS 1
#endif

#if BANOFF_COUNTS_ALLOCATIONS
// Where these are inlined, GCC takes the pair of malloc and free for a mismatch.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) {
  count_allocation(size, __builtin_return_address(0));
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
constexpr bool counts_allocations = true;
#else
constexpr bool counts_allocations = false;
#endif
