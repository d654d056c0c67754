// What clamps are weighed with: the question that the planner answers too.
#include <doctest/doctest.h>

#include "folding/optimal/objective.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/onednn/cost.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;

TEST_CASE("a clamp in a layer's kernel counts as a pass, and in a pass that is there anyway a twentieth of it") {
  test::GraphBuilder net;
  const ValueId layer = net.conv(net.input({1, 4, 8, 8}), 4);
  const ValueId joined = net.relu(layer);
  const ValueId pooled = net.pool(PoolKind::max, joined, 2, 2);
  net.output(net.relu(pooled));
  const std::vector<TensorType> types = infer_types(net.graph);
  const Readers readers = net.graph.readers();
  CHECK(gauge::activation_cost(net.graph, readers, types, layer) == pass_bytes(4 * 64));
  CHECK(gauge::activation_cost(net.graph, readers, types, pooled) == doctest::Approx(0.05 * pass_bytes(4 * 16)));
}

TEST_CASE("at no size is a clamp weighed as dearer than a pass, nor as cheaper than the planner finds it") {
  for (double elements = 1e3; elements < 1e9; elements *= 10) {
    CAPTURE(elements);
    const double epilogue = onednn::per_channel_us("jit:avx2", Layout::blocked8, 1) * elements;
    const double pass = cpu::pass_us(pass_bytes(elements), 1) - cpu::pass_us(0, 1);
    CHECK(per_channel_passes(elements) == doctest::Approx(std::min(epilogue, pass) / pass));
  }
}
