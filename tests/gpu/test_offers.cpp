// What the gpu device offers, and what that costs before anything is made.
#include <doctest/doctest.h>

#include "kernels/gpu/gpu.hpp"
#include "runtime/plan/layouts.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

std::unique_ptr<Device> device_on(std::shared_ptr<const HostBackend> backend) {
  return gpu::device(std::move(backend), {Precision::fp32, 4096, {}, true});
}

/// What a convolution with a batch norm behind it is offered as in channels-last.
std::vector<Offer> offers_of(const Device& device, const Conv& conv, const Shape& input) {
  GraphBuilder net;
  net.output(net.add(BatchNorm{}, {net.add(conv, {net.input(input)})}));
  const auto types = infer_types(net.graph);
  const Region region{&net.graph, &types, {0, 1}, {0}, {2}, {Layout::channels_last}, {Layout::channels_last}};
  return std::get<std::vector<Offer>>(device.offers(region));
}

Conv conv_of(std::int64_t out, std::int64_t kernel, std::int64_t groups = 1) {
  Conv conv;
  conv.out = out;
  conv.kernel = Spatial(kernel);
  conv.groups = groups;
  return conv;
}

}  // namespace

TEST_CASE("a convolution is the library's, with the device's own kernel for what that turns out not to take") {
  const auto device = device_on(std::make_shared<const HostBackend>());
  const auto offers = offers_of(*device, conv_of(8, 3), {1, 16, 9, 9});
  REQUIRE(offers.size() == 2);
  CHECK(offers[0].implementation == "library");
  CHECK_FALSE(offers[0].slow);
  CHECK(offers[1].implementation == "direct");
  CHECK(offers[1].slow);
  const auto depthwise = offers_of(*device, conv_of(16, 3, 16), {1, 16, 9, 9});
  REQUIRE(depthwise.size() == 1);
  CHECK(depthwise[0].implementation == "depthwise");
  CHECK_FALSE(depthwise[0].slow);
  const auto product = offers_of(*device, conv_of(8, 1), {2, 16, 1, 1});
  REQUIRE(product.size() == 1);
  CHECK(product[0].implementation == "product");
}

TEST_CASE("nothing is moved to the device, queued or measured while regions and layouts are chosen") {
  GraphBuilder net;
  ValueId x = net.conv_bn_relu(net.input({1, 3, 17, 15}), 16);
  x = net.add(conv_of(16, 3, 16), {net.bn(net.relu(x))});
  x = net.add(Clamp{}, {net.concat({x, x})});
  net.output(net.add(Dense{5}, {net.add(Flatten{}, {net.add(GlobalPool{}, {x})})}));
  const auto backend = std::make_shared<const HostBackend>();
  const auto device = device_on(backend);
  const auto types = infer_types(net.graph);
  const auto regions = form_regions(net.graph, types, *device, PlanOptions{});
  CHECK(choose_layouts(net.graph, types, *device, regions).choices.size() == regions.size());
  const HostCounters& counters = backend->counters();
  CHECK(counters.allocated == 0);
  CHECK(counters.jobs == 0);
  CHECK(counters.timed == 0);
  CHECK(counters.waits == 0);
  const auto plan = banoff::compile(net.graph, device_on(backend), {});
  CHECK(counters.allocated > 0);
}
