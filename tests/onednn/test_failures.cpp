// What oneDNN throws does not leave the device as it is.
#include <fmt/format.h>

#include "kernels/cpu/onednn/compat.hpp"
#include "region_check.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("an error of oneDNN becomes an internal error that says what failed") {
  const auto message = [](dnnl_status_t status) -> std::string {
    try {
      onednn::translated([] { return "conv 'a'"; }, [&] { throw dnnl::error(status, "could not"); });
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::internal);
      return error.what();
    }
    return "nothing was thrown";
  };
  CHECK(message(dnnl_runtime_error) == "conv 'a': oneDNN failed: could not");
  CHECK(message(dnnl_out_of_memory) == "conv 'a': oneDNN failed: memory ran out");
}

TEST_CASE("sizes beyond what oneDNN and the own kernels take are refused, in kernels and in reorders") {
  const auto device = cpu::device({.threads = 1});
  constexpr std::int64_t huge = std::int64_t{1} << 40;
  const TensorType type{DType::f32, {1, 16, huge, 1}, false};
  Graph graph;
  const Conv conv = conv3x3(16);
  Node node{"conv", conv, {}, {}, {}, {"test", 1}};
  node.inputs = {
      graph.add_input("x", DType::f32, {{1, "", false}, {16, "", false}, {huge, "", false}, {1, "", false}})};
  for (const ParamSpec& spec : signature(Op(conv), std::array{type}).params) {
    const auto count = static_cast<std::size_t>(spec.shape.elements());
    node.params.emplace_back(spec.slot, graph.add_param("p", Tensor::of(spec.shape, std::vector<float>(count, 1.0F))));
  }
  graph.add_output("y", graph.node(graph.add_node(node, 1)).outputs[0]);
  const std::vector<TensorType> types{type, type};
  for (const Layout layout : convolution_layouts(*device)) {
    CHECK_THROWS_WITH_AS((void)device->reorder(type, Layout::plain, layout), doctest::Contains("32 bits"), Error);
    const Offers offers = offers_for(*device, region_of(graph, types, {{layout}, {layout}}));
    REQUIRE(std::holds_alternative<Refusal>(offers));
    CHECK(std::get<Refusal>(offers).reason.find("32 bits") != std::string::npos);
  }
}
