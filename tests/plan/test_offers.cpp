// Which of a device's offers the planner takes, and when it has their kernels made.
#include <doctest/doctest.h>

#include "banoff/error.hpp"
#include "runtime/plan/layouts.hpp"
#include "runtime/plan/offers.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/plan/offering_device.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Graph conv_relu() {
  GraphBuilder net;
  net.output(net.relu(net.conv(net.input({1, 8, 8, 8}), 16)));
  return std::move(net.graph);
}

Offers many(std::vector<Offer> offers) { return offers; }

/// What the kernels of a plan are called, reorders included.
std::vector<std::string> kernels_of(const Graph& graph, Offering::Answer answer,
                                    std::vector<Layout> layouts = {Layout::plain}) {
  const auto plan =
      compile(graph, std::make_shared<const Offering>(std::move(answer), std::move(layouts)), PlanOptions{});
  std::vector<std::string> names;
  for (const Step& step : plan->steps) names.push_back(step.kernel->implementation());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the cheapest offer is taken, among equals the device's first") {
  const auto taken = [](std::vector<Offer> offers) {
    return kernels_of(conv_relu(), [&](const Region&) { return many(offers); });
  };
  CHECK(taken({Offering::offer("a", 3), Offering::offer("b", 2), Offering::offer("c", 5)}) == Names{"b"});
  CHECK(taken({Offering::offer("a", 2), Offering::offer("b", 2)}) == Names{"a"});
}

TEST_CASE("a slow offer is taken only where there is no other, however cheap it says it is") {
  const auto taken = [](std::vector<Offer> offers) {
    return kernels_of(conv_relu(), [&](const Region& region) {
      return region.nodes.size() > 1 ? Offers(Refusal{"one at a time"}) : many(offers);
    });
  };
  CHECK(taken({Offering::offer("a", 1, true), Offering::offer("b", 20)}) == Names{"b", "b"});
  CHECK(taken({Offering::offer("a", 2, true), Offering::offer("b", 1, true)}) == Names{"b", "b"});
}

TEST_CASE("a region that is slow in one layout is computed in another") {
  const std::vector<Layout> layouts{Layout::plain, Layout::channels_last};
  const auto answer = [](double slow_us, bool fast) {
    return [=](const Region& region) {
      const bool last = region.output_layouts[0] == Layout::channels_last;
      return many({Offering::offer(last ? "last" : "plain", last ? 100 : slow_us, last ? !fast : true)});
    };
  };
  CHECK(kernels_of(conv_relu(), answer(1, true), layouts) == Names{"reorder", "last", "reorder"});
  CHECK(kernels_of(conv_relu(), answer(1, false), layouts) == Names{"plain", "plain"});
}

TEST_CASE("what is slow together is cut where the parts are not") {
  const auto answer = [](const Region& region) {
    return many({region.nodes.size() > 1 ? Offering::offer("together", 1, true) : Offering::offer("part", 10)});
  };
  CHECK(kernels_of(conv_relu(), answer) == Names{"part", "part"});
}

TEST_CASE("an offer that refuses when it is made gives way to the next one") {
  const Graph graph = conv_relu();
  const auto answer = [](std::vector<Offer> offers) { return [=](const Region&) { return many(offers); }; };
  CHECK(kernels_of(graph, answer({Offering::refusing("a", 1), Offering::offer("b", 2, true)})) == Names{"b"});
  try {
    (void)kernels_of(graph, answer({Offering::refusing("a", 1), Offering::refusing("b", 2)}));
    FAIL("made out of nothing");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::internal);
    for (const char* part : {"a does not fit", "b does not fit"})
      CHECK(std::string(error.what()).find(part) != std::string::npos);
  }
}

TEST_CASE("no kernel is made while regions and layouts are chosen, and one for each step afterwards") {
  const Graph graph = conv_relu();
  const auto answer = [](const Region& region) {
    const bool last = region.output_layouts[0] == Layout::channels_last;
    return many({Offering::offer("a", last ? 5 : 50), Offering::offer("b", 60)});
  };
  const std::vector<Layout> layouts{Layout::plain, Layout::channels_last};
  const Offering device(answer, layouts);
  const auto types = infer_types(graph);
  Offering::made = 0;
  const auto regions = form_regions(graph, types, device, PlanOptions{});
  const auto chosen = choose_layouts(graph, types, device, regions).choices;
  CHECK(Offering::made == 0);
  REQUIRE(chosen.size() == 1);
  CHECK(regions[0].choices[chosen[0]].cost_us() == 5);
  CHECK(kernels_of(graph, answer, layouts) == Names{"reorder", "a", "reorder"});
  CHECK(Offering::made == 3);
}
