// What a plan is expected to take is what its kernels and changes of layout are offered for.
#include <doctest/doctest.h>

#include "kernels/cpu/cpu.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/plan/offers.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/plan/offering_device.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Graph network() {
  GraphBuilder net(5);
  ValueId x = net.conv_bn_relu(net.input({1, 3, 40, 40}), 24);
  const ValueId y = net.conv_bn_relu(net.pool(PoolKind::max, x, 2, 2), 24);
  x = net.relu(net.sum({net.conv(y, 24), net.bn(net.relu(net.conv(y, 24, 1)))}));
  Clamp clamp;
  clamp.axis = 1;
  net.classifier(net.add(clamp, {net.conv(x, 24, 3, 1, 1, 24)}));
  return net.graph;
}

/// The price of a kernel of a plan: of the best offer for its region.
double us_of(const Plan& plan, const Step& step) {
  const auto layouts = [&](const std::vector<std::int32_t>& buffers) {
    std::vector<Layout> result;
    for (const std::int32_t buffer : buffers) result.push_back(plan.buffer(buffer).layout);
    return result;
  };
  const auto values = [&](const std::vector<std::int32_t>& buffers) {
    std::vector<ValueId> result;
    for (const std::int32_t buffer : buffers) result.push_back(plan.buffer(buffer).value);
    return result;
  };
  if (step.nodes.empty())
    return plan.device
        ->reorder(plan.type(step.inputs[0]), plan.buffer(step.inputs[0]).layout, plan.buffer(step.outputs[0]).layout)
        .cost_us;
  const Region region{plan.graph.get(),     &plan.types,          step.nodes,           values(step.inputs),
                      values(step.outputs), layouts(step.inputs), layouts(step.outputs)};
  const Offers offers = ranked_offers(*plan.device, region);
  return std::get<std::vector<Offer>>(offers).front().cost_us;
}

}  // namespace

TEST_CASE("the price of a network on the cpu is the sum of the offers that its plan takes") {
  const Graph graph = network();
  for (const int threads : {1, 2}) {
    const auto plan = compile(graph, cpu::device({.threads = threads}), PlanOptions{});
    double us = 0;
    for (const Step& step : plan->steps) us += us_of(*plan, step);
    CHECK(us > 0);
    CHECK(planned_us(graph, *plan->device, PlanOptions{}) == doctest::Approx(us));
  }
}

TEST_CASE("pricing a network makes no kernel, and counts changes of layout") {
  GraphBuilder net;
  net.output(net.relu(net.conv(net.input({1, 8, 8, 8}), 16)));
  const auto answer = [](const Region&) {
    return std::vector<Offer>{Offering::offer("a", 7), Offering::offer("b", 5)};
  };
  Offering::made = 0;
  CHECK(planned_us(net.graph, Offering(answer), PlanOptions{}) == 5);
  CHECK(planned_us(net.graph, Offering(answer, {Layout::channels_last}), PlanOptions{}) == 7);
  CHECK(Offering::made == 0);
}

TEST_CASE("the reference, whose kernels have no alternatives, finds all networks equal") {
  CHECK(planned_us(network(), *reference::device(DType::f32), PlanOptions{}) == 0);
}
