// Watches which implementations the library chooses: a slow one does not fail, it only costs a factor of ten to a
// thousand.
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

}  // namespace

TEST_CASE("no convolution of the common networks runs in a slow implementation in the device's first layout") {
  const auto device = onednn::device({.threads = 1});
  for (const Shape2& s : shapes) {
    CAPTURE(s.in);
    CAPTURE(s.out);
    CAPTURE(s.kernel);
    Net net;
    Conv conv;
    conv.out = s.out;
    conv.kernel = Spatial(s.kernel);
    conv.stride = Spatial(s.stride);
    conv.padding = {Padding::Mode::given, Spatial(s.kernel / 2), Spatial(s.kernel / 2)};
    conv.groups = s.groups;
    conv.bias = true;
    const ValueId x = net.input("x", {1, s.in, s.size, s.size});
    const ValueId y = net.add("conv", conv, {x});
    net.graph.add_output("y", net.add("relu", Activation{}, {y}));
    const auto types = infer_types(net.graph);
    const auto layouts = device->layouts(types[0]);
    for (const Layout layout : {layouts[0], layouts[1]}) {
      CAPTURE(name_of(layout));
      const Compiled compiled = device->compile(region_of(net.graph, types, {{layout}, {layout}}));
      REQUIRE(std::holds_alternative<std::unique_ptr<Kernel>>(compiled));
      const std::string name = std::get<std::unique_ptr<Kernel>>(compiled)->implementation();
      CAPTURE(name);
      CHECK(name.find("ref") == std::string::npos);
      CHECK(name.find("gemm") == std::string::npos);
    }
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
