// How detection networks are compared between devices.
#include <doctest/doctest.h>

#include "tests/gpu/detections.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("boxes are matched whatever their order, by class, place and score") {
  const auto rows = [](std::vector<float> values) {
    const auto count = static_cast<std::int64_t>(values.size()) / 6;
    return Tensor::of<float>({count, 6}, std::move(values));
  };
  const Tensor one = rows({0, 0, 10, 10, 0.9F, 1, 20, 20, 40, 40, 0.8F, 2});
  CHECK(unmatched_boxes(one, one, 1e-3) == 0);
  CHECK(unmatched_boxes(one, rows({20, 20, 40, 40, 0.8F, 2, 0, 0, 10, 10, 0.9F, 1}), 1e-3) == 0);
  CHECK(unmatched_boxes(one, rows({0, 0, 10, 10.01F, 0.9F, 1, 20, 20, 40, 40, 0.8F, 3}), 1e-3) == 0.5);
  CHECK(unmatched_boxes(one, rows({0, 0, 10, 12, 0.9F, 1, 20, 20, 40, 40, 0.8F, 2}), 1e-3) == 0.5);
  CHECK(unmatched_boxes(one, rows({0, 0, 10, 10, 0.9F, 1, 20, 20, 40, 40, 0.7F, 2}), 1e-3) == 0.5);
  CHECK(unmatched_boxes(one, rows({0, 0, 10, 10, 0.9F, 1, 0, 0, 10, 10, 0.9F, 1}), 1e-3) == 0.5);  // each but once
  CHECK(unmatched_boxes(one, rows({0, 0, 10, 10, 0.9F, 1}), 1e-3) == 0.5);
  CHECK(unmatched_boxes(rows({}), one, 1e-3) == 1);
}

TEST_CASE("what is computed before a suppression is told from what follows it") {
  GraphBuilder net;
  const ValueId boxes = net.relu(net.input({9, 4}, "boxes"));
  const ValueId scores = net.add(Activation{ActivationKind::sigmoid}, {net.input({9, 3}, "scores")});
  const ValueId found = net.add(Nms{}, {boxes, scores});
  const ValueId behind = net.add(Activation{ActivationKind::tanh}, {found});
  net.output(scores, "scores_out");
  net.output(found, "found");
  net.output(behind, "behind");
  const OutputKinds kinds = output_kinds(net.graph);
  CHECK(kinds.boxes == std::set<std::string>{"found"});
  CHECK(kinds.behind == std::set<std::string>{"behind"});
  CHECK(kinds.before == std::vector<std::string>{net.producer(boxes).name, net.producer(scores).name});
}
