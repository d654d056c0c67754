// Counts what a run allocates. oneDNN's own execute makes a small map of its arguments on every call; what that library
// asks for is told apart by the address of the caller.
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#include "support.hpp"

// A sanitizer has its own operator new, which cannot be replaced for one half of a program only.
#if defined(__has_feature)
#define BANOFF_COUNTS_ALLOCATIONS !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
#else
#define BANOFF_COUNTS_ALLOCATIONS 1
#endif

namespace {

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

[[maybe_unused]] void count(void* caller) {
  if (!counting.load()) return;
  Dl_info info{};
  const bool library = dladdr(caller, &info) != 0 && info.dli_fname != nullptr &&
                       std::string_view(info.dli_fname).find("libdnnl") != std::string_view::npos;
  if (!library) ++allocations;
}

}  // namespace

#if BANOFF_COUNTS_ALLOCATIONS
// Where these are inlined, GCC takes the pair of malloc and free for a mismatch.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif
void* operator new(std::size_t size) {
  count(__builtin_return_address(0));
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
constexpr bool counts = true;
#else
constexpr bool counts = false;
#endif

using namespace banoff;
using namespace banoff::test;

TEST_CASE("a run allocates nothing, whatever the network" * doctest::skip(!counts)) {
  for (const char* net : {"classifier", "detector", "segmenter"}) {
    CAPTURE(net);
    for (const Method method : {Method::none, Method::banoff}) {
      const Model model = folded(Model::load(source / "configs/demo" / (std::string(net) + ".yaml")), method);
      Session session(CompiledModel::compile(model));
      session.run();
      counting = true;
      for (int i = 0; i < 3; ++i) session.run();
      counting = false;
      CHECK(allocations.exchange(0) == 0);
    }
  }
}

TEST_CASE("the counter sees an allocation" * doctest::skip(!counts)) {
  counting = true;
  auto value = std::make_unique<int>(1);
  counting = false;
  CHECK(*value == 1);
  CHECK(allocations.exchange(0) >= 1);
}
