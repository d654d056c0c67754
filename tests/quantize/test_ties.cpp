// Where a sum of integers is rounded to a grid as it is, none lies near a border: floats' last digits decide nothing.
#include "runtime/compress/quantize/ties.hpp"

#include "runtime/graph/quantised.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;
using quantize::step_off_ties;

namespace {

/// How near to a border between two numbers the integers below 2^17 come, in steps of the result's grid.
double nearest_border(double ratio) {
  double nearest = 0.5;
  for (int n = 0; n < 1 << 17; ++n) {
    const double number = n * ratio;
    nearest = std::min(nearest, std::abs(number - std::floor(number) - 0.5));
  }
  return nearest;
}

}  // namespace

TEST_CASE("steps with which no sum lies near a border are hardly larger than asked") {
  std::mt19937_64 random(4);
  std::uniform_real_distribution<double> exponent(-8, 1);
  double nearest_before = 0.5;
  for (int i = 0; i < 40; ++i) {
    const double ratio = std::exp2(exponent(random)), input = 0.013, output = 0.37;
    const auto step = static_cast<float>(ratio * output / input);
    const double now = static_cast<double>(step_off_ties(step, input, output)) * input / output;
    CAPTURE(ratio);
    CHECK(now >= ratio * (1 - 1e-7));
    CHECK(now <= ratio * 1.00501);
    CHECK(nearest_border(now) > 5e-4);
    nearest_before = std::min(nearest_before, nearest_border(ratio));
  }
  CHECK(nearest_before < 1e-4);
}

TEST_CASE("a step far below the result's is hardly changed, one of nothing not at all") {
  for (const double ratio : {1e-3, 1e-5, 3e-7}) {
    const double now = step_off_ties(static_cast<float>(ratio), 1, 1);
    CHECK(now >= ratio * (1 - 1e-7));
    CHECK(now <= ratio * 1.005);
    CHECK(nearest_border(now) > 0.4 * ratio);
  }
  for (const float step : {0.0F, 1e-9F, std::numeric_limits<float>::infinity()})
    CHECK(step_off_ties(step, 1, 1) == step);
}

TEST_CASE("layers whose sums are rounded as they are have such steps") {
  const SmallNet net;
  QuantizeOptions options;
  options.float_layers = 0;
  options.pictures = pictures(SmallNet::image, 60);
  for (const WeightScales scales : {WeightScales::channel, WeightScales::tensor}) {
    options.weights = scales;
    const Graph grids = quantized(net.graph, options);
    const Readers readers = grids.readers();
    const banoff::Grids on = grids_of(grids);
    std::size_t checked = 0;
    for (const Node& layer : grids.live()) {
      if (!has_weight_scale(layer.op)) continue;
      const Node* next = &layer;
      do {
        const NodeId reader = readers.only(next->outputs[0]);
        next = reader == none ? nullptr : &grids.node(reader);
      } while (next != nullptr && next->as<Activation>());
      const auto* output = next == nullptr ? nullptr : next->as<FakeQuantize>();
      if (output == nullptr) continue;
      ++checked;
      for (const double step : grids.param(layer, Slot::weight_scale)->to_vector<double>()) {
        const double ratio = step * on[static_cast<std::size_t>(layer.inputs[0])]->scale / output->scale;
        CHECK(nearest_border(ratio) > std::min(2e-4, 0.4 * ratio));
      }
    }
    CHECK(checked == 5);  // the stem, the block's first and its projection, and what the concatenation joins
  }
}
