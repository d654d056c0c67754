// The ops on boxes where values can be checked by hand, and where inputs are not what they should be.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "banoff/error.hpp"
#include "kernels/reference/reference.hpp"

using namespace banoff;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

Graph one_node(Op op, const std::vector<Tensor>& inputs) {
  Graph graph;
  Node node{"node", std::move(op), {}, {}, {}, {}};
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<Dim> dims;
    for (const std::int64_t size : inputs[i].shape()) dims.push_back({size, "", false});
    node.inputs.push_back(graph.add_input("in" + std::to_string(i), DType::f64, dims));
  }
  graph.add_output("out", graph.node(graph.add_node(std::move(node))).outputs[0]);
  return graph;
}

template <class T = double>
Tensor run(const Op& op, const std::vector<Tensor>& inputs) {
  std::map<std::string, Tensor> named;
  for (std::size_t i = 0; i < inputs.size(); ++i) named["in" + std::to_string(i)] = inputs[i];
  return reference::outputs<T>(one_node(op, inputs), named).at("out");
}

Tensor tensor(Shape shape, std::vector<double> values) { return Tensor::of<double>(shape, std::move(values)); }
Tensor zeros(const Shape& shape) { return Tensor::allocate(DType::f64, shape).first; }

/// 10 y + x: interpolated without error everywhere.
Tensor ramp(std::int64_t height, std::int64_t width) {
  std::vector<double> values;
  for (std::int64_t y = 0; y < height; ++y)
    for (std::int64_t x = 0; x < width; ++x) values.push_back(static_cast<double>(10 * y + x));
  return tensor({1, 1, height, width}, std::move(values));
}

RoiAlign align(std::int64_t size, Ints strides) {
  RoiAlign op;
  op.size = size;
  op.strides = std::move(strides);
  return op;
}

std::string refusal(const Op& op, const std::vector<Shape>& shapes) {
  std::vector<Tensor> inputs;
  for (const Shape& shape : shapes) inputs.push_back(zeros(shape));
  try {
    (void)run(op, inputs);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("RoIAlign of a ramp gives the ramp at the centres of the bins") {
  // The box 4..12 x 8..16 at stride 2 is 2..6 x 4..8 on the map: two bins with centres 3 and 5, and 5 and 7.
  const Tensor out = run(align(2, {2}), {tensor({1, 4}, {4, 8, 12, 16}), ramp(10, 10)});
  CHECK(out.shape() == Shape{1, 1, 2, 2});
  CHECK(out.to_vector<double>() == std::vector<double>{53, 55, 73, 75});
  RoiAlign halves = align(2, {2});
  halves.aligned = true;
  CHECK(run(halves, {tensor({1, 4}, {4, 8, 12, 16}), ramp(10, 10)}).to_vector<double>() ==
        std::vector<double>{47.5, 49.5, 67.5, 69.5});
}

TEST_CASE("a box is read from the map that its size asks for") {
  RoiAlign op = align(1, {4, 8});
  op.canonical_size = 16;
  op.canonical_level = 2;  // boxes of 32 pixels and more from stride 8
  std::vector<double> ones(64, 1);
  const Tensor fine = tensor({1, 1, 8, 8}, ones);
  const Tensor coarse = tensor({1, 1, 4, 4}, std::vector<double>(16, 2));
  const Tensor boxes = tensor({4, 4}, {0, 0, 16, 16, 0, 0, 31, 31, 0, 0, 32, 32, 0, 0, 1e6, 1e6});
  const std::vector<double> read = run(op, {boxes, fine, coarse}).to_vector<double>();
  CHECK(read[0] == 1);
  CHECK(read[1] == 1);
  CHECK(read[2] == 2);
}

TEST_CASE("boxes that are none are read as zeros or as a point, and nothing is read outside the map") {
  const Tensor boxes = tensor({6, 4}, {not_a_number, 0, 8,     8, 0,   0,   infinity, 8,  5, 5, 5, 5, 9, 9, 3, 3,
                                       -1e300,       0, 1e300, 8, -50, -50, -40,      -40});
  for (const std::int64_t size : {1, 3}) {
    for (const double value : run(align(size, {2, 4}), {boxes, ramp(5, 7), ramp(3, 4)}).to_vector<double>()) {
      CHECK(std::isfinite(value));
    }
    CHECK(run<float>(align(size, {2, 4}), {boxes, ramp(5, 7), ramp(3, 4)}).shape()[0] == 6);
  }
  const Tensor outside = run(align(2, {1}), {tensor({1, 4}, {-50, -50, -40, -40}), ramp(5, 7)});
  CHECK(outside.to_vector<double>() == std::vector<double>(4, 0.0));
}

TEST_CASE("decoding moves centres by the box's size and keeps sides within bounds") {
  const DecodeBoxes op;
  const Tensor boxes = tensor({3, 4}, {0, 0, 10, 20, 0, 0, 10, 20, 4, 4, 4, 4});
  const Tensor deltas = tensor({3, 4}, {0.5, -0.25, 0, 0, 0, 0, 100, std::log(2.0), 1, 1, 1, 1});
  const std::vector<double> out = run(op, {deltas, boxes}).to_vector<double>();
  CHECK(std::vector<double>(out.begin(), out.begin() + 4) == std::vector<double>{5, -5, 15, 15});
  CHECK(out[6] - out[4] == doctest::Approx(10 * 1000.0 / 16));  // not exp(100)
  CHECK(out[7] - out[5] == doctest::Approx(40));
  CHECK(std::vector<double>(out.begin() + 8, out.end()) == std::vector<double>{4, 4, 4, 4});  // no size to move by
  const Tensor clipped = run(op, {deltas, boxes, zeros({1, 3, 12, 16})});
  for (std::size_t i = 0; i < 12; ++i) {
    CHECK(clipped.to_vector<double>()[i] == std::clamp(out[i], 0.0, i % 2 == 0 ? 16.0 : 12.0));
  }
}

TEST_CASE("what is no number stays none when it is decoded, and is no detection") {
  const Tensor boxes = run(DecodeBoxes{}, {tensor({2, 4}, {not_a_number, 0, 0, 0, 0, 0, not_a_number, 0}),
                                           tensor({2, 4}, {0, 0, 10, 10, 0, 0, 10, 10}), zeros({1, 3, 20, 20})});
  CHECK(std::isnan(boxes.to_vector<double>()[0]));
  CHECK(run(Nms{}, {boxes, tensor({2, 1}, {0.9, 0.8})}).shape() == Shape{0, 6});
}

TEST_CASE("more candidates than there are, and none at all, are no mistake") {
  Nms op;
  op.candidates = 1000;
  op.max = 1000;
  const Tensor boxes = tensor({2, 4}, {0, 0, 9, 9, 20, 20, 29, 29});
  CHECK(run(op, {boxes, tensor({2, 2}, {0.9, 0.8, 0.7, 0.6})}).shape() == Shape{4, 6});
  CHECK(run(op, {boxes, tensor({2, 2}, {not_a_number, not_a_number, -infinity, 0})}).shape() == Shape{0, 6});
  op.candidates = 1;
  CHECK(run(op, {boxes, tensor({2, 2}, {0.9, 0.8, 0.7, 0.6})}).to_vector<double>() ==
        std::vector<double>{0, 0, 9, 9, 0.9, 0, 0, 0, 9, 9, 0.8, 1});
}

TEST_CASE("the background is no class, and boxes of several inputs do not suppress each other") {
  Nms op;
  op.background = true;
  const Tensor boxes = tensor({1, 4}, {0, 0, 9, 9});
  const Tensor scores = tensor({1, 3}, {0.9, 0.4, 0.5});
  CHECK(run(op, {boxes, scores}).to_vector<double>() == std::vector<double>{0, 0, 9, 9, 0.5, 2, 0, 0, 9, 9, 0.4, 1});
  CHECK(run(op, {boxes, scores, boxes, scores}).shape() == Shape{4, 6});
}

TEST_CASE("boxes of each class are its own") {
  const Tensor boxes = tensor({1, 8}, {0, 0, 9, 9, 1, 1, 5, 5});
  CHECK(run(Nms{}, {boxes, tensor({1, 2}, {0.9, 0.8})}).to_vector<double>() ==
        std::vector<double>{0, 0, 9, 9, 0.9, 0, 1, 1, 5, 5, 0.8, 1});
}

TEST_CASE("a row that names no channel picks zeros") {
  const Tensor x = tensor({5, 2, 1}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  const Tensor rows = tensor({5, 1}, {1, 0, 2, -1, not_a_number});
  CHECK(run(PickChannel{}, {x, rows}).to_vector<double>() == std::vector<double>{2, 3, 0, 0, 0});
}

TEST_CASE("boxes are found in one picture: a batch is refused by name") {
  Anchors anchors;
  anchors.sizes = {32};
  CHECK(has(refusal(anchors, {{2, 8, 4, 4}, {2, 3, 32, 32}}), "the batch must be 1"));
  CHECK(has(refusal(align(2, {4}), {{5, 4}, {2, 8, 4, 4}}), "the batch must be 1"));
  CHECK(has(refusal(DecodeBoxes{}, {{5, 4}, {5, 4}, {3, 3, 8, 8}}), "the batch must be 1"));
}

TEST_CASE("attributes and shapes that make no sense are refused") {
  Anchors anchors;
  CHECK(has(refusal(anchors, {{1, 8, 4, 4}, {1, 3, 32, 32}}), "sizes"));
  anchors.sizes = {32, 64};
  anchors.ratios = {1, 2, 3};
  CHECK(has(refusal(anchors, {{1, 8, 4, 4}, {1, 3, 32, 32}}), "2 sizes and 3 ratios"));
  anchors.ratios = {0};
  CHECK(has(refusal(anchors, {{1, 8, 4, 4}, {1, 3, 32, 32}}), "positive"));
  CHECK(has(refusal(align(2, {6}), {{5, 4}, {1, 8, 4, 4}}), "6 is not a power of two"));
  CHECK(has(refusal(align(2, {4, 16}), {{5, 4}, {1, 8, 4, 4}, {1, 8, 4, 4}}), "16 after 4"));
  CHECK(has(refusal(align(2, {4}), {{5, 4}, {1, 8, 4, 4}, {1, 8, 4, 4}}), "1 strides for 2 feature maps"));
  CHECK(has(refusal(align(1000, {4}), {{5, 4}, {1, 8, 4, 4}}), "expected 1 to 256 points"));
  CHECK(has(refusal(align(2, {4}), {{5, 3}, {1, 8, 4, 4}}), "expected Kx4 or more"));
  CHECK(has(refusal(Nms{}, {{5, 4}, {5, 2}, {5, 4}}), "pairs of boxes and scores"));
  CHECK(has(refusal(Nms{}, {{5, 8}, {5, 3}}), "expected Kx4 or Kx4C"));
  CHECK(has(refusal(DecodeBoxes{}, {{5, 6}, {5, 4}}), "expected Kx4"));
  CHECK(has(refusal(DecodeBoxes{}, {{5, 4}, {6, 4}}), "the first sizes differ"));
  CHECK(has(refusal(PickChannel{}, {{5, 2, 3}, {4, 6}}), "the first sizes differ"));
}
