#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/plan/offers.hpp"
#include "tests/op_cases/check_device.hpp"

using namespace banoff;

TEST_CASE("the reference devices pass the table of op cases, whole memory included") {
  const auto cases = test::load_op_cases();
  for (const auto& [precision, tolerance] : {std::pair{DType::f32, 2e-6}, std::pair{DType::f64, 1e-12}}) {
    const test::DeviceReport report = test::check_device(*reference::device(precision), cases, tolerance);
    CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
    CHECK(report.uncovered(cases) == std::vector<std::string>{});
    CHECK(report.refusals.empty());
  }
}

namespace {

Region region_of(const Graph& graph, const std::vector<TensorType>& types, std::vector<NodeId> nodes) {
  Region region;
  region.graph = &graph;
  region.types = &types;
  region.nodes = std::move(nodes);
  region.inputs = graph.node(region.nodes.front()).inputs;
  region.outputs = graph.node(region.nodes.back()).outputs;
  region.input_layouts.assign(region.inputs.size(), Layout::plain);
  region.output_layouts.assign(region.outputs.size(), Layout::plain);
  return region;
}

}  // namespace

TEST_CASE("a region of two nodes, or in another layout, is refused with a reason") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {{1, "", false}, {8, "", false}, {3, "", false}});
  const ValueId r = graph.node(graph.add_node({"relu", Activation{}, {x}, {}, {}, {}})).outputs[0];
  graph.add_node({"tanh", Activation{ActivationKind::tanh}, {r}, {}, {}, {}});
  const auto types = infer_types(graph);
  const auto device = reference::device();
  CHECK(std::holds_alternative<std::vector<Offer>>(device->offers(region_of(graph, types, {0}))));
  const Offers two = device->offers(region_of(graph, types, {0, 1}));
  REQUIRE(std::holds_alternative<Refusal>(two));
  CHECK(std::get<Refusal>(two).reason == "the reference computes one node at a time");
  Region blocked = region_of(graph, types, {0});
  blocked.output_layouts = {Layout::blocked8};
  CHECK(std::holds_alternative<Refusal>(device->offers(blocked)));
}

TEST_CASE("a value that a node reads twice is one input of its region") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {{3, "", false}});
  const ValueId y = graph.add_input("y", DType::f32, {{3, "", false}});
  graph.add_node({"add", Binary{}, {y, x, y}, {}, {}, {}});
  const auto types = infer_types(graph);
  Region region = region_of(graph, types, {0});
  region.inputs = {x, y};
  region.input_layouts.resize(2);
  const auto device = reference::device();
  const Offers offers = device->offers(region);
  const auto made = make_kernel(std::get<std::vector<Offer>>(offers).at(0));
  const Kernel& kernel = *made;
  const std::array<float, 3> a{1, 2, 3};
  const std::array<float, 3> b{10, 20, 30};
  std::array<float, 3> sum{};
  const std::array<const std::byte*, 2> inputs{reinterpret_cast<const std::byte*>(a.data()),
                                               reinterpret_cast<const std::byte*>(b.data())};
  const std::array<std::byte*, 1> outputs{reinterpret_cast<std::byte*>(sum.data())};
  const std::array<std::int64_t, 2> in_counts{3, 3};
  std::array<std::int64_t, 1> out_counts{};
  std::vector<std::max_align_t> scratch(kernel.scratch_bytes() / sizeof(std::max_align_t) + 1);
  kernel.run({inputs, outputs, in_counts, out_counts, reinterpret_cast<std::byte*>(scratch.data())});
  CHECK(sum == std::array<float, 3>{21, 42, 63});
  CHECK(out_counts[0] == 3);
}

TEST_CASE("the reference computes in float or double only") {
  CHECK_THROWS_AS((void)reference::device(DType::f16), Error);
  const TensorType integers{DType::i64, {2, 3}, false};
  const TensorType halves{DType::f16, {2, 3}, false};
  CHECK(reference::device(DType::f64)->bytes(halves, Layout::plain) == 48);
  CHECK(reference::device(DType::f32)->bytes(halves, Layout::plain) == 24);
  CHECK(reference::device(DType::f32)->bytes(integers, Layout::plain) == 48);
}
