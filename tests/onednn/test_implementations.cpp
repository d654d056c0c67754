// Watches which implementations the library chooses: a slow one does not fail, it only costs a factor of ten to a
// thousand.
#include <fmt/format.h>

#include "region_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Shape2 {
  std::int64_t in, size, out, kernel, stride, groups;
};

/// Convolutions of ResNet-50, MobileNetV2/V3, EfficientNet and ResNeXt.
const std::vector<Shape2> shapes{
    {64, 56, 64, 1, 1, 1},    {64, 56, 64, 3, 1, 1},   {64, 56, 256, 1, 1, 1}, {256, 56, 512, 1, 2, 1},
    {128, 28, 128, 3, 1, 1},  {256, 14, 256, 3, 1, 1}, {512, 7, 512, 3, 1, 1}, {1024, 14, 2048, 1, 2, 1},
    {32, 112, 32, 3, 1, 32},  {96, 112, 96, 3, 2, 96}, {144, 56, 24, 1, 1, 1}, {240, 28, 240, 5, 1, 240},
    {960, 7, 960, 3, 1, 960}, {16, 112, 96, 1, 1, 1},  {960, 1, 40, 1, 1, 1},  {128, 56, 128, 3, 1, 32}};

/// A convolution with what follows it, in the device's first two layouts.
void check_implementation(const Shape2& s, const std::vector<Op>& tail, bool residual, bool pad_value) {
  const auto device = onednn::device({.threads = 1});
  CAPTURE(s.in);
  CAPTURE(s.out);
  CAPTURE(s.kernel);
  CAPTURE(residual);
  CAPTURE(tail.size());
  Net net;
  Conv conv;
  conv.out = s.out;
  conv.kernel = Spatial(s.kernel);
  conv.stride = Spatial(s.stride);
  conv.padding = {Padding::Mode::given, Spatial(s.kernel / 2), Spatial(s.kernel / 2)};
  conv.groups = s.groups;
  conv.bias = true;
  conv.pad_value = pad_value;
  const std::int64_t size = (s.size + s.stride - 1) / s.stride;
  const ValueId x = net.input("x", {1, s.in, s.size, s.size});
  const ValueId skip = residual ? net.input("skip", {1, s.out, size, size}) : none;
  ValueId y = net.add("conv", conv, {x});
  if (residual) y = net.add("add", Binary{BinaryKind::add}, {y, skip});
  for (std::size_t i = 0; i < tail.size(); ++i) y = net.add(fmt::format("tail{}", i), tail[i], {y});
  net.graph.add_output("y", y);
  const auto types = infer_types(net.graph);
  const auto layouts = device->layouts(types[0]);
  for (const Layout layout : {layouts[0], layouts[1]}) {
    CAPTURE(name_of(layout));
    Region region = region_of(net.graph, types, {std::vector<Layout>(net.graph.inputs.size(), layout), {layout}});
    region.estimate = true;
    const Compiled compiled = device->compile(region);
    REQUIRE(std::holds_alternative<std::unique_ptr<Kernel>>(compiled));
    const std::string name = std::get<std::unique_ptr<Kernel>>(compiled)->implementation();
    CAPTURE(name);
    CHECK(name.find("ref") == std::string::npos);
    CHECK(name.find("gemm") == std::string::npos);
  }
}

}  // namespace

TEST_CASE("no convolution of the common networks runs in a slow implementation in the device's first layout") {
  const std::vector<std::vector<Op>> tails{
      {Activation{}}, {Clamp{1, true, false}}, {Clamp{}}, {Activation{ActivationKind::silu}, BatchNorm{}}};
  for (const auto& tail : tails) {
    for (const bool residual : {false, true}) {
      for (const Shape2& s : shapes) check_implementation(s, tail, residual, false);
    }
  }
}

TEST_CASE("padding other than zero chooses no slow implementation either") {
  for (const Shape2& s : shapes) {
    check_implementation(s, {}, false, true);
    check_implementation(s, {Clamp{}}, true, true);
  }
}

TEST_CASE("an implementation known to be slow is refused by name, except as the last resort") {
  const auto device = onednn::device({.threads = 1});
  Net net;
  Conv conv;
  conv.out = 16;
  conv.kernel = Spatial(3);
  const ValueId x = net.input("x", {1, 16, 12, 12});
  net.graph.add_output("y", net.add("conv", conv, {x}));
  const auto types = infer_types(net.graph);
  Region region = region_of(net.graph, types, {{Layout::plain}, {Layout::plain}});
  const Compiled refused = device->compile(region);
  REQUIRE(std::holds_alternative<Refusal>(refused));
  CHECK(std::get<Refusal>(refused).reason.find("gemm") != std::string::npos);
  region.last_resort = true;
  CHECK(std::holds_alternative<std::unique_ptr<Kernel>>(device->compile(region)));
}
