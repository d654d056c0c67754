// Counts what a run allocates. oneDNN's own execute makes a small map of its arguments on every call; what that library
// asks for is told apart by the address of the caller.
#include <dlfcn.h>

#include <atomic>
#include <string_view>

#include "support.hpp"
#include "tests/support/count_allocations.hpp"

namespace {

std::atomic<bool> counting{false};
std::atomic<int> allocations{0};

}  // namespace

[[maybe_unused]] static void count_allocation(std::size_t, void* caller) {
  if (!counting.load()) return;
  Dl_info info{};
  const bool library = dladdr(caller, &info) != 0 && info.dli_fname != nullptr &&
                       std::string_view(info.dli_fname).find("libdnnl") != std::string_view::npos;
  if (!library) ++allocations;
}

using namespace banoff;
using namespace banoff::test;

TEST_CASE("a run allocates nothing, whatever the network" * doctest::skip(!counts_allocations)) {
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

TEST_CASE("the counter sees an allocation" * doctest::skip(!counts_allocations)) {
  counting = true;
  auto value = std::make_unique<int>(1);
  counting = false;
  CHECK(*value == 1);
  CHECK(allocations.exchange(0) >= 1);
}
