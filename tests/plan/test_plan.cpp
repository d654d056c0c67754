#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <functional>

#include "banoff/error.hpp"
#include "runtime/plan/regions.hpp"
#include "tests/plan/offering_device.hpp"
#include "tests/plan/plan_check.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("convolution, residual and activation become one kernel") {
  GraphBuilder net;
  const ValueId x = net.relu(net.conv(net.input({1, 16, 8, 8}), 16));
  net.output(net.relu(net.sum({net.conv(x, 16), x})));
  const auto plan = check(net.graph);
  const auto steps = std::ranges::count_if(plan->steps, [](const Step& step) { return !step.nodes.empty(); });
  CHECK(steps == 2);
}

TEST_CASE("a residual that somebody else still reads is not overwritten by the sum") {
  GraphBuilder net;
  const ValueId x = net.relu(net.conv(net.input({1, 16, 8, 8}), 16));
  const ValueId sum = net.relu(net.sum({net.conv(x, 16), x}));
  net.output(net.conv(net.sum({net.conv(sum, 16), x}), 8));
  check(net.graph);
}

TEST_CASE("both branches of a sum may be convolutions of one value") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 9, 9}), 8);
  net.output(net.relu(net.sum({net.conv(x, 20, 3, 2), net.conv(x, 20, 1, 2)})));
  check(net.graph);
}

TEST_CASE("a batch norm that stays shares a pass with its activation only when asked to") {
  GraphBuilder net;
  net.output(net.conv(net.relu(net.bn(net.conv(net.input({1, 8, 8, 8}), 16))), 8));
  const auto steps = [](const Plan& plan) {
    return std::ranges::count_if(plan.steps, [](const Step& step) { return !step.nodes.empty(); });
  };
  PlanOptions separate;
  separate.fuse_norms = false;
  CHECK(steps(*check(net.graph, separate)) == steps(*check(net.graph)) + 1);
}

TEST_CASE("clamps, kinks and norms behind convolutions are computed right however they are cut") {
  const Activation relu;
  const Activation silu{ActivationKind::silu};
  const std::vector<std::vector<Op>> rows{{Clamp{}},
                                          {relu, BatchNorm{}},
                                          {silu, Affine{}, relu},
                                          {Kinked{}, relu},
                                          {BatchNorm{}, Clamp{}},
                                          {PRelu{}, BatchNorm{}},
                                          {Clamp{}, Clamp{}, BatchNorm{}, relu, Affine{}}};
  for (const auto& ops : rows) {
    for (const std::int64_t size : {5, 40}) {
      GraphBuilder net;
      const ValueId x = net.relu(net.conv(net.input({1, 8, size, size}), 20));
      ValueId y = net.sum({net.conv(x, 20), x});
      for (const Op& op : ops) y = net.add(op, {y});
      net.output(y);
      check(net.graph);
      check(net.graph, {.bindings = {}, .fuse_norms = false});
    }
  }
}

TEST_CASE("padding other than zero is part of a residual's kernel; elsewhere the activation is a pass") {
  Conv conv;
  conv.out = 20;
  conv.kernel = Spatial(3);
  conv.dilation = Spatial(2);  // which Winograd's filtering, that reads padding of any value, does not take
  conv.padding = {Padding::Mode::given, Spatial(2), Spatial(2)};
  conv.pad_value = true;
  for (const bool residual : {false, true}) {
    GraphBuilder net;
    const ValueId image = net.input({2, 8, 9, 11});
    ValueId y = net.add(conv, {image});
    const ValueId x = net.conv(image, 20);
    if (residual) y = net.sum({y, x});
    net.output(net.relu(y));
    if (!residual) net.output(x, "x");
    const auto plan = check(net.graph);
    const auto bordered = std::ranges::find_if(
        plan->steps, [](const Step& step) { return step.kernel->implementation().starts_with("border+"); });
    REQUIRE(bordered != plan->steps.end());
    CHECK(bordered->nodes.size() == (residual ? 3 : 1));
  }
}

namespace {

/// How many nodes each region has: conv, what follows it, a last ReLU, on a device where a pass takes 10 us and an op
/// behind a convolution `tail_us`.
std::vector<std::size_t> regions_of(const std::vector<Op>& ops, double tail_us, bool fuse_norms = true) {
  GraphBuilder net;
  ValueId y = net.conv(net.input({1, 8, 8, 8}), 16);
  for (const Op& op : ops) y = net.add(op, {y});
  net.output(y);
  const Offering device([&](const Region& region) {
    const bool linear = net.graph.node(region.nodes[0]).as<Conv>() != nullptr;
    const double us = linear ? 100 + tail_us * static_cast<double>(region.nodes.size() - 1) : 10;
    return std::vector{Offering::offer("priced", us)};
  });
  PlanOptions options;
  options.fuse_norms = fuse_norms;
  std::vector<std::size_t> sizes;
  for (const PlannedRegion& planned : form_regions(net.graph, infer_types(net.graph), device, options)) {
    sizes.push_back(planned.region.nodes.size());
  }
  return sizes;
}

}  // namespace

TEST_CASE("values per channel join the convolution's kernel unless a pass of their own is cheaper") {
  using Sizes = std::vector<std::size_t>;
  const Activation relu;
  CHECK(regions_of({Clamp{}, relu}, 3) == Sizes{3});
  CHECK(regions_of({Clamp{}, relu}, 6) == Sizes{1, 2});
  CHECK(regions_of({relu, BatchNorm{}}, 3) == Sizes{3});
  CHECK(regions_of({relu, BatchNorm{}}, 11) == Sizes{2, 1});
  CHECK(regions_of({Kinked{}, relu, BatchNorm{}, relu}, 3) == Sizes{5});
  CHECK(regions_of({Kinked{}, relu, BatchNorm{}, relu}, 11) == Sizes{1, 4});
  // However dear: an activation alone is part of the kernel.
  CHECK(regions_of({relu, relu}, 1000) == Sizes{3});
}

TEST_CASE("a norm joins a kernel behind an activation, where folding does not reach, and only when asked to") {
  using Sizes = std::vector<std::size_t>;
  const Activation relu;
  CHECK(regions_of({BatchNorm{}, relu}, 3) == Sizes{1, 2});
  CHECK(regions_of({relu, BatchNorm{}, relu}, 3) == Sizes{4});
  CHECK(regions_of({relu, BatchNorm{}, relu}, 3, false) == Sizes{2, 1, 1});
}

TEST_CASE("elementwise ops in a row are one pass, norms among them only when asked to") {
  const auto steps = [](const Plan& plan) { return plan.steps.size(); };
  GraphBuilder net;
  ValueId x = net.input({2, 12, 5, 6});
  for (const Op& op : std::vector<Op>{BatchNorm{}, Activation{}, BatchNorm{}, Kinked{}, Affine{}, Clamp{}})
    x = net.add(op, {x});
  net.output(x);
  CHECK(steps(*check(net.graph)) == 1);
  CHECK(steps(*check(net.graph, {.bindings = {}, .fuse_norms = false})) == 6);
}

TEST_CASE("an output that is also read, or is a view of an input, has memory of its own") {
  GraphBuilder net;
  const ValueId image = net.input({1, 8, 4, 4});
  const ValueId x = net.relu(net.conv(image, 8));
  net.output(x);
  net.output(net.conv(x, 8), "conv");
  net.output(net.add(Flatten{}, {image}), "view");
  check(net.graph);
}

TEST_CASE("odd channel counts and pooled, resized and concatenated branches meet in one layout or are reordered") {
  GraphBuilder net;
  const ValueId x = net.conv_bn_relu(net.input({1, 3, 17, 15}), 20);
  const ValueId pooled = net.pool(PoolKind::max, x, 3, 1, 1);
  const ValueId joined = net.concat({pooled, net.conv(x, 12), x});
  net.output(net.conv(net.bn(joined), 5, 1));
  check(net.graph);
}

TEST_CASE("constants are read in the layout of what they are added to, however many buffers there already are") {
  for (int others = 0; others < 20; ++others) {
    CAPTURE(others);
    GraphBuilder net;
    const ValueId x = net.input({1, 16, 5, 6});
    net.output(net.conv(net.sum({net.conv(x, 16), net.add(Constant{{1, 16, 5, 6}}, {})}), 8));
    for (int i = 0; i < others; ++i) net.output(net.add(Constant{{1, 16, 5, 6}}, {}), "constant" + std::to_string(i));
    const auto plan = check(net.graph);
    const auto reordered = std::ranges::count_if(plan->buffers, [&](const Buffer& buffer) {
      return buffer.layout != Layout::plain && plan->storages[static_cast<std::size_t>(buffer.storage)].constant;
    });
    CHECK(reordered == 1);
  }
}

TEST_CASE("memory is shared along a chain") {
  GraphBuilder net;
  ValueId x = net.input({1, 8, 32, 32});
  for (int i = 0; i < 20; ++i) x = net.relu(net.conv(x, 8));
  net.output(x);
  const auto plan = check(net.graph);
  const std::size_t value = 8 * 32 * 32 * sizeof(float);
  CHECK(plan->scratch_offset < 5 * value);  // what kernels need beside values lies behind it
}

TEST_CASE("what is thrown while a region is described or made becomes an internal error that names the node") {
  GraphBuilder net;
  net.output(net.add(Activation{}, {net.input({1, 8, 4, 4})}, "bend"));
  const auto message_of = [&](Offering::Answer answer) -> std::string {
    try {
      (void)compile(net.graph, std::make_shared<const Offering>(std::move(answer)), {});
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::internal);
      return error.what();
    }
    return "nothing was thrown";
  };
  const auto describing = [&](const std::function<void()>& fail) {
    return message_of([=](const Region&) -> Offers { return fail(), Refusal{"not reached"}; });
  };
  const auto making = [&](const std::function<void()>& fail) {
    return message_of([=](const Region&) -> Offers {
      return std::vector<Offer>{{"failing", 1, false, [=]() -> Compiled { return fail(), Refusal{"not reached"}; }}};
    });
  };
  const auto no_memory = [] { throw std::bad_alloc(); };
  const auto too_long = [] { throw std::length_error("long"); };
  for (const std::string& text : {describing(no_memory), describing(too_long), making(no_memory), making(too_long)})
    CHECK(text.find("'bend'") != std::string::npos);
  for (const std::string& text : {describing(no_memory), making(no_memory)})
    CHECK(text.find("memory ran out") != std::string::npos);
}

TEST_CASE("a device that refuses says which node and why") {
  GraphBuilder net;
  net.output(net.relu(net.input({1, 8, 4, 4})));
  const auto refuse = [](const Region&) { return Refusal{"no such thing here"}; };
  try {
    (void)compile(net.graph, std::make_shared<const Offering>(refuse), {});
    FAIL("not refused");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::refused);
    CHECK(std::string(error.what()).find("no such thing here") != std::string::npos);
    CHECK(std::string(error.what()).find("relu") != std::string::npos);
  }
}
