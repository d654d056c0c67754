#include <doctest/doctest.h>

#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"

using namespace banoff;

namespace {

/// y = relu(x W^T + b) + x, with symbolic batch.
Graph residual_dense() {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::f32, {{1, "N", false}, {2, "", false}});
  Node dense{
      .name = "dense", .op = Dense{2, true}, .inputs = {x}, .outputs = {}, .params = {}, .where = {"net.yaml", 3}};
  dense.params = {{Slot::weight, graph.add_param("dense.weight", Tensor::of<float>({2, 2}, {1, 2, -3, 4}))},
                  {Slot::bias, graph.add_param("dense.bias", Tensor::of<float>({2}, {0.5F, -1}))}};
  const ValueId d = graph.node(graph.add_node(dense)).outputs[0];
  const ValueId r = graph.node(graph.add_node({"relu", Activation{}, {d}, {}, {}, {}})).outputs[0];
  const ValueId y = graph.node(graph.add_node({"add", Binary{}, {r, x}, {}, {}, {}})).outputs[0];
  graph.add_output("y", y);
  return graph;
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.kind() == ErrorKind::bad_input ? error.what() : "another kind of error";
  }
  return "no error";
}

}  // namespace

TEST_CASE("a small net computes what it computes by hand") {
  const auto out = reference::outputs<double>(residual_dense(), {{"x", Tensor::of<float>({2, 2}, {1, 2, 2, 1})}});
  // 1*1+2*2+0.5 = 5.5, -3+8-1 = 4; 2+2+0.5 = 4.5, -6+4-1 = -3
  CHECK(out.at("y").to_vector<double>() == std::vector<double>{6.5, 6, 6.5, 1});
  CHECK(out.at("y").dtype() == DType::f64);
}

TEST_CASE("every value can be kept") {
  const Graph graph = residual_dense();
  const auto all =
      reference::run<float>(graph, {{"x", Tensor::of<float>({1, 2}, {1, 2})}}, [](ValueId) { return true; });
  CHECK(all.size() == graph.values.size());
  CHECK(all.at(graph.nodes[0].outputs[0]).to_vector<float>() == std::vector<float>{5.5F, 4});
}

TEST_CASE("inputs that do not fit are named") {
  const Graph graph = residual_dense();
  const Tensor wide = Tensor::of<float>({1, 3}, {1, 2, 3});
  CHECK(message_of([&] { (void)reference::outputs<float>(graph, {}); }) == "input 'x' is missing");
  CHECK(message_of([&] {
          (void)reference::outputs<float>(graph, {{"x", wide}});
        }) == "input 'x' is 1x3, expected f32 1x2");
  CHECK(message_of([&] {
          (void)reference::outputs<float>(graph, {{"x", wide.reshaped({3})}});
        }) == "input 'x' is 3, expected 2 dimensions");
  CHECK(message_of([&] {
          (void)reference::outputs<float>(graph, {{"x", Tensor::of<float>({1, 2}, {1, 2})}, {"z", wide}});
        }) == "there is no input 'z'");
}

TEST_CASE("a missing or misshapen parameter is an error that names the node") {
  Graph graph = residual_dense();
  const std::map<std::string, Tensor> inputs{{"x", Tensor::of<float>({1, 2}, {1, 2})}};
  graph.params[0].value = Tensor::of<float>({2, 1}, {1, 2});
  CHECK(message_of([&] { (void)reference::outputs<float>(graph, inputs); }) ==
        "net.yaml:3: dense 'dense': weight is 2x1, expected 2x2");
  graph.params[0].value = {};
  CHECK(message_of([&] { (void)reference::outputs<float>(graph, inputs); }) ==
        "net.yaml:3: dense 'dense': weight is missing");
}

TEST_CASE("a node that computes refuses integers instead of misreading them") {
  Graph graph;
  const ValueId x = graph.add_input("x", DType::u8, {{4, "", false}});
  graph.add_output("y", graph.node(graph.add_node({"relu", Activation{}, {x}, {}, {}, {}})).outputs[0]);
  const Tensor bytes = Tensor::of<std::uint8_t>({4}, {1, 2, 3, 4});
  CHECK(message_of([&] {
          (void)reference::outputs<float>(graph, {{"x", bytes}});
        }) == "relu 'relu': input is u8 4, expected a float type");
}
