// Counts what running kernels allocate. oneDNN's execute fills a small map of arguments on every call; what its library
// asks for is told apart by the address of the caller.
#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>

#include "region_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

std::atomic<bool> counting{false};
std::atomic<int> own_allocations{0};

void count(void* caller) {
  if (!counting.load()) return;
  Dl_info info{};
  const bool library = dladdr(caller, &info) != 0 && info.dli_fname != nullptr &&
                       std::string_view(info.dli_fname).find("libdnnl") != std::string_view::npos;
  if (!library) ++own_allocations;
}

}  // namespace

// Where these are inlined, GCC takes the pair of malloc and free for a mismatch.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  count(__builtin_return_address(0));
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

/// Allocations of three runs of the whole net as one region, the session's state made before.
int allocations_of(const Device& device, Net& net, const Layouts& layouts) {
  const auto types = infer_types(net.graph);
  const Region region = region_of(net.graph, types, layouts);
  Compiled compiled = device.compile(region);
  REQUIRE(std::holds_alternative<std::unique_ptr<Kernel>>(compiled));
  const Kernel& kernel = *std::get<std::unique_ptr<Kernel>>(compiled);
  std::vector<Memory> memory;
  std::vector<const std::byte*> inputs;
  for (std::size_t i = 0; i < region.inputs.size(); ++i) {
    inputs.push_back(memory.emplace_back(device.bytes(region.type(region.inputs[i]), layouts.inputs[i])).data());
  }
  Memory result(device.bytes(region.type(region.outputs[0]), layouts.outputs[0]));
  std::array<std::byte*, 1> outputs{result.data()};
  if (kernel.in_place_input() != none) outputs[0] = memory[static_cast<std::size_t>(kernel.in_place_input())].data();
  Memory scratch(kernel.scratch_bytes());
  const auto state = kernel.make_state();
  std::vector<std::int64_t> in_counts(inputs.size(), 0);
  std::array<std::int64_t, 1> out_counts{0};
  own_allocations = 0;
  counting = true;
  for (int i = 0; i < 3; ++i) kernel.run({inputs, outputs, in_counts, out_counts, scratch.data(), state.get()});
  counting = false;
  return own_allocations;
}

}  // namespace

TEST_CASE("running a kernel allocates nothing") {
  const auto device = onednn::device({.threads = 1});
  const Layout layout = Layout::blocked8;
  {
    Net net;
    Conv conv;
    conv.out = 16;
    conv.kernel = Spatial(3);
    conv.bias = true;
    const ValueId x = net.input("x", {1, 8, 9, 9});
    const ValueId skip = net.input("skip", {1, 16, 7, 7});
    const ValueId y = net.add("conv", conv, {x});
    net.graph.add_output("z", net.add("add", Binary{BinaryKind::add}, {y, skip}));
    CHECK(allocations_of(*device, net, {{layout, layout}, {layout}}) == 0);
  }
  {
    Net net;
    const ValueId x = net.input("x", {1, 16, 9, 9});
    net.graph.add_output("z", net.add("bn", BatchNorm{}, {x}));
    CHECK(allocations_of(*device, net, {{layout}, {layout}}) == 0);
  }
  {
    Net net;
    const ValueId x = net.input("x", {1, 16, 9, 9});
    net.graph.add_output("z", net.add("pool", Pool{PoolKind::max, Spatial(3), {}, {}, Spatial(1), false, false}, {x}));
    CHECK(allocations_of(*device, net, {{layout}, {layout}}) == 0);
  }
  {
    Net net;
    const ValueId x = net.input("x", {1, 16, 9, 9});
    net.graph.add_output("z", net.add("cat", Concat{}, {x, x}));
    CHECK(allocations_of(*device, net, {{layout}, {layout}}) == 0);
  }
}

TEST_CASE("the counter of allocations sees one") {
  own_allocations = 0;
  counting = true;
  std::vector<int>* made = new std::vector<int>(3);
  counting = false;
  CHECK(own_allocations >= 2);
  delete made;
}
