#include <doctest/doctest.h>

#include "kernels/reference/reference.hpp"

using namespace banoff;

namespace {

/// boxes (at most 4) and scores of two classes to detections, and those shifted by one: a reader of a bounded value.
Graph detector(Nms nms) {
  Graph graph;
  const ValueId boxes = graph.add_input("boxes", DType::f32, {{4, "K", true}, {4, "", false}});
  const ValueId scores = graph.add_input("scores", DType::f32, {{4, "K", true}, {2, "", false}});
  const ValueId found = graph.node(graph.add_node({"nms", nms, {boxes, scores}, {}, {}, {}})).outputs[0];
  const ValueId one =
      graph.node(graph.add_node({"tanh", Activation{ActivationKind::tanh}, {found}, {}, {}, {}})).outputs[0];
  graph.add_output("found", found);
  graph.add_output("squashed", one);
  return graph;
}

std::vector<float> found_by(const Nms& nms, Tensor boxes, Tensor scores) {
  return reference::outputs<float>(detector(nms), {{"boxes", boxes}, {"scores", scores}})
      .at("found")
      .to_vector<float>();
}

Nms at_most_ten(double score) {
  Nms op;
  op.score = score;
  op.max = 10;
  return op;
}

}  // namespace

TEST_CASE("boxes are suppressed by better ones of their own class only") {
  const Tensor boxes = Tensor::of<float>({3, 4}, {0, 0, 10, 10, 0, 0, 10, 9, 20, 20, 30, 30});
  const Tensor scores = Tensor::of<float>({3, 2}, {0.9F, 0, 0.8F, 0.7F, 0.01F, 0.6F});
  CHECK(found_by(at_most_ten(0.05), boxes, scores) ==
        std::vector<float>{0, 0, 10, 10, 0.9F, 0, 0, 0, 10, 9, 0.7F, 1, 20, 20, 30, 30, 0.6F, 1});
}

TEST_CASE("equal scores are ordered by box, then by class") {
  const Tensor boxes = Tensor::of<float>({3, 4}, {0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 1, 1});
  const Tensor scores = Tensor::of<float>({3, 2}, {0.5F, 0.5F, 0.5F, 0, 0.5F, 0});
  CHECK(found_by(at_most_ten(0.05), boxes, scores) ==
        std::vector<float>{0, 0, 1, 1, 0.5F, 0, 0, 0, 1, 1, 0.5F, 1, 2, 2, 3, 3, 0.5F, 0});
}

TEST_CASE("only boxes that are there are found, and readers of the result have as many rows") {
  // Two of at most four boxes: the two that are not there must not show even with a threshold below zero.
  const Tensor boxes = Tensor::of<float>({2, 4}, {0, 0, 1, 1, 2, 2, 3, 3});
  const Tensor scores = Tensor::of<float>({2, 2}, {0.5F, -1, -1, 0.25F});
  const auto out = reference::outputs<double>(detector(at_most_ten(-0.5)), {{"boxes", boxes}, {"scores", scores}});
  CHECK(out.at("found").shape() == Shape{2, 6});
  CHECK(out.at("squashed").shape() == Shape{2, 6});
}

TEST_CASE("a score that is no number is no detection") {
  const Tensor boxes = Tensor::of<float>({1, 4}, {0, 0, 1, 1});
  const Tensor scores = Tensor::of<float>({1, 2}, {std::numeric_limits<float>::quiet_NaN(), 0.5F});
  CHECK(found_by(at_most_ten(0.05), boxes, scores) == std::vector<float>{0, 0, 1, 1, 0.5F, 1});
}
