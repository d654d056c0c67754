// Non-maximum suppression where candidates are many, alike, or more than are sorted at once. Coordinates are whole
// numbers and scores and thresholds have few bits, so that 32 bits decide as the reference's 64 do, at equal scores
// too.
#include <doctest/doctest.h>

#include <random>

#include "kernels/gpu/jobs/suppress.hpp"
#include "tests/gpu/host_loop.hpp"
#include "tests/gpu/small_networks.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Drawn {
  std::int64_t boxes = 100, classes = 1;
  int places = 200;  ///< that boxes begin at, along each side
  int scores = 16;   ///< different ones, from below 0 on, 0 with both signs
};

/// What the device keeps, after it was held to the reference's rows, exactly.
std::int64_t kept(const Nms& op, const Drawn& drawn) {
  std::mt19937 random(7);
  const auto below = [&](int end) { return std::uniform_int_distribution(0, end - 1)(random); };
  std::vector<float> boxes, scores;
  for (std::int64_t i = 0; i < drawn.boxes; ++i) {
    const int x = below(drawn.places), y = below(drawn.places);
    for (const int side : {x, y, x + 4 + below(12), y + 4 + below(12)}) boxes.push_back(static_cast<float>(side));
    for (std::int64_t c = 0; c < drawn.classes; ++c) {
      const auto score = static_cast<float>(below(drawn.scores) - drawn.scores / 4) / 16;
      scores.push_back(score == 0 && below(2) == 0 ? -0.0F : score);
    }
  }
  GraphBuilder net;
  const ValueId all = net.input({drawn.boxes, 4}, "boxes");
  net.output(net.add(op, {all, net.input({drawn.boxes, drawn.classes}, "scores")}));
  const Model model = model_of(net.graph);
  const Tensors inputs{{"boxes", Tensor::of<float>({drawn.boxes, 4}, boxes)},
                       {"scores", Tensor::of<float>({drawn.boxes, drawn.classes}, scores)}};
  const std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<const HostBackend>(), {Precision::fp32, 4096, {}, true, true});
  const Tensor rows = Session(compile_on(model, device)).run(inputs).at("out");
  const Tensor expected = model.reference(inputs).at("out");
  CHECK(rows.shape() == expected.shape());
  CHECK(rows.to_vector<double>() == expected.to_vector<double>());
  return rows.shape()[0];
}

Nms nms(double iou, double score, std::int64_t max, std::optional<std::int64_t> candidates = {}) {
  Nms op;
  op.iou = iou, op.score = score, op.max = max, op.candidates = candidates;
  return op;
}

}  // namespace

TEST_CASE("suppression agrees with the reference, whatever is equal") {
  CHECK(kept(nms(0.5, -1, 50), {.boxes = 63}) > 1);
  CHECK(kept(nms(0.5, -1, 50), {.boxes = 64}) > 1);
  CHECK(kept(nms(0.5, -1, 200), {.boxes = 129, .classes = 3}) == 200);
  CHECK(kept(nms(0.25, -1, 500, 100), {.boxes = 700, .classes = 4}) > 100);
  CHECK(kept(nms(0.5, 0, 500, 40), {.boxes = 500, .classes = 3, .scores = 2}) > 0);  // the candidates are all alike
  CHECK(kept(nms(0.5, 9, 50), {.boxes = 100}) == 0);
}

TEST_CASE("more candidates than are sorted at once are gone through to the end") {
  constexpr std::int64_t many = gpu::SortedCandidates::most + 1500;
  CHECK(kept(nms(0.5, -1, 60), {.boxes = many}) == 60);                     // the sorted ones are enough
  CHECK(kept(nms(0.125, -1, 200), {.boxes = many, .places = 48}) > 10);     // they are not
  CHECK(kept(nms(0.5, -1, 20), {.boxes = many, .scores = 1}) == 20);        // more equals than are sorted
  CHECK(kept(nms(0.5, -1, 30), {.boxes = many, .scores = 1 << 20}) == 30);  // hardly any equals
}

TEST_CASE("the best are selected by their keys, of as many as there are") {
  HostTeam team;
  std::mt19937 random(3);
  for (const int n : {0, 1, 5, 1000, 5001}) {
    for (const std::uint32_t mask : {0xFFFFFFFFU, 0xF0000001U, 0U}) {
      std::vector<std::uint32_t> keys(static_cast<std::size_t>(n));
      for (auto& key : keys) key = static_cast<std::uint32_t>(random()) & mask;
      std::vector<std::uint32_t> sorted = keys;
      std::ranges::sort(sorted, std::greater{});
      for (const int wanted : {1, 2, 999, 1000, 5000}) {
        const auto found = gpu::select_best(team, n, wanted, [&](int i, std::uint32_t& key) {
          key = keys[static_cast<std::size_t>(i)];
          return true;
        });
        CHECK(found.all == (n < wanted));
        if (found.all) continue;
        CHECK(found.key == sorted[static_cast<std::size_t>(wanted) - 1]);
        CHECK(found.above == std::ranges::count_if(keys, [&](std::uint32_t key) { return key > found.key; }));
        CHECK(found.equal == std::ranges::count(keys, found.key));
      }
    }
  }
}
