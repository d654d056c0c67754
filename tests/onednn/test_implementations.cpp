// Watches which implementations the library chooses: a slow one does not fail, it only costs a factor of ten to a
// thousand.
#include <fmt/format.h>

#include <set>

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

/// The offers for the shape's convolution with what follows it, as one region in one layout.
Offers offers_in(const Device& device, Layout layout, const Shape2& s, const std::vector<Op>& tail, bool residual,
                 bool pad_value) {
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
  return offers_for(device,
                    region_of(net.graph, types, {std::vector<Layout>(net.graph.inputs.size(), layout), {layout}}));
}

/// Whether no implementation of the library's in this layout is fast: blocks of 16 channels need groups of as many, and
/// the device merges groups to 8.
bool library_refuses(const Shape2& s, Layout layout) {
  const bool depthwise = s.groups == s.in;
  return layout == Layout::blocked16 && s.groups > 1 && !depthwise && s.in / s.groups < 16;
}

/// Nor any of the device's own, which take no values as padding. The planner then takes channels-last, the device's
/// first layout where blocks are of 16.
bool must_refuse(const Shape2& s, Layout layout, bool pad_value) { return pad_value && library_refuses(s, layout); }

/// In every layout that convolutions run in on this machine: fast kernels alone, or a slow one.
void check_implementation(const Shape2& s, const std::vector<Op>& tail, bool residual, bool pad_value) {
  const auto device = cpu::device({.threads = 1});
  CAPTURE(s.in);
  CAPTURE(s.out);
  CAPTURE(s.kernel);
  CAPTURE(residual);
  CAPTURE(tail.size());
  CHECK_FALSE(must_refuse(s, layouts_of(*device).front(), pad_value));
  for (const Layout layout : convolution_layouts(*device)) {
    CAPTURE(name_of(layout));
    const Offers offers = offers_in(*device, layout, s, tail, residual, pad_value);
    const auto* fast = std::get_if<std::vector<Offer>>(&offers);
    CHECK((fast == nullptr) == must_refuse(s, layout, pad_value));
    std::string names = fast == nullptr ? std::get<Refusal>(offers).reason : "";
    for (std::size_t i = 0; fast != nullptr && i < fast->size(); ++i) names += (*fast)[i].implementation + " ";
    CAPTURE(names);
    const bool slow = names.find("ref") != std::string::npos || names.find("gemm") != std::string::npos;
    CHECK(slow == must_refuse(s, layout, pad_value));
  }
}

}  // namespace

TEST_CASE("no convolution of the common networks runs in a slow implementation in a layout that the device offers") {
  const std::vector<std::vector<Op>> tails{
      {Activation{}}, {Clamp{1, true, false}}, {Clamp{}}, {Activation{ActivationKind::silu}, BatchNorm{}}};
  for (const auto& tail : tails) {
    for (const bool residual : {false, true}) {
      for (const Shape2& s : shapes) check_implementation(s, tail, residual, false);
    }
  }
}

TEST_CASE("blocks are as wide as the vectors that oneDNN may use") {
  const auto device = cpu::device({.threads = 1});
  for (const Layout layout : layouts_of(*device)) {
    if (layout != Layout::blocked8 && layout != Layout::blocked16) continue;
    const Offers offers = offers_in(*device, layout, {64, 56, 64, 3, 1, 1}, {}, false, false);
    const std::string name = std::get<std::vector<Offer>>(offers).at(0).implementation;
    CAPTURE(name);
    CHECK((name.find("avx512") != std::string::npos) == (layout == Layout::blocked16));
  }
}

TEST_CASE("padding other than zero chooses no slow implementation either") {
  for (const Shape2& s : shapes) {
    check_implementation(s, {}, false, true);
    check_implementation(s, {Clamp{}}, true, true);
  }
}

TEST_CASE("an implementation known to be slow is offered as such, where there is no other") {
  const auto device = cpu::device({.threads = 1});
  Net net;
  Conv conv;
  conv.out = 16;
  conv.kernel = Spatial(3);
  const ValueId x = net.input("x", {1, 16, 12, 12});
  net.graph.add_output("y", net.add("conv", conv, {x}));
  const auto types = infer_types(net.graph);
  const Offers offers = device->offers(region_of(net.graph, types, {{Layout::plain}, {Layout::plain}}));
  const auto& found = std::get<std::vector<Offer>>(offers);
  REQUIRE(found.size() == 1);
  CHECK(found[0].slow);
  CHECK(found[0].implementation.find("gemm") != std::string::npos);
}

TEST_CASE("what the device does not compute by itself the reference does, slowly and alone") {
  const auto device = cpu::device({.threads = 1});
  Net net;
  const ValueId x = net.input("x", {1, 16, 12, 12});
  net.graph.add_output("y", net.add("lrn", Lrn{5, 1e-4, 0.75, 1.0}, {x}));
  const auto types = infer_types(net.graph);
  const Offers offers = device->offers(region_of(net.graph, types, {{Layout::plain}, {Layout::plain}}));
  const auto& found = std::get<std::vector<Offer>>(offers);
  REQUIRE(found.size() == 1);
  CHECK(found[0].slow);
  CHECK(found[0].implementation == "reference");
}

TEST_CASE("several implementations of a convolution are offered on demand, the library's favourite first") {
  const auto device = library_device(1, 8);
  const auto standard = library_device(1);
  std::size_t most = 0;
  for (const Shape2& s : shapes) {
    for (const Layout layout : convolution_layouts(*device)) {
      if (library_refuses(s, layout)) continue;
      const Offers offers = offers_in(*device, layout, s, {Activation{}}, false, false);
      const Offers favourite = offers_in(*standard, layout, s, {Activation{}}, false, false);
      const auto of_the_library = [](const Offer& offer) { return !offer.implementation.starts_with("loop:"); };
      CHECK(std::ranges::count_if(std::get<std::vector<Offer>>(favourite), of_the_library) == 1);
      CHECK(std::get<std::vector<Offer>>(favourite)[0].implementation ==
            std::get<std::vector<Offer>>(offers)[0].implementation);
      std::set<std::string> names;
      for (const Offer& offer : std::get<std::vector<Offer>>(offers)) {
        CHECK(names.insert(offer.implementation).second);
        CHECK(offer.cost_us > 0);
      }
      most = std::max(most, names.size());
    }
  }
  CHECK(most > 1);
}

TEST_CASE("weights are read when an offer is made, not before, and an offer can be made again") {
  const auto device = cpu::device({.threads = 1});
  Net net;
  const ValueId x = net.input("x", {1, 16, 12, 12});
  ValueId y = net.add("conv", conv3x3(24), {x});
  y = net.add("clamp", Clamp{}, {y});
  net.graph.add_output("y", y);
  const auto types = infer_types(net.graph);
  const Region region = region_of(net.graph, types, {{Layout::channels_last}, {Layout::channels_last}});
  const Offers offers = offers_for(*device, region);
  const Offer& offer = std::get<std::vector<Offer>>(offers).at(0);
  const auto first = run(*device, *make_kernel(offer), region, net.inputs);
  for (const NodeId id : {0, 1}) {
    for (const auto& [slot, param] : std::vector(net.graph.node(id).params)) {
      std::vector<float> values = net.graph.param(param).to_vector<float>();
      for (float& value : values) value *= 2;
      net.graph.set_param(id, slot, Tensor::of<float>(net.graph.param(param).shape(), values));
    }
  }
  const auto second = run(*device, *make_kernel(offer), region, net.inputs);
  for (std::size_t i = 0; i < first[0].size(); ++i) REQUIRE(second[0][i] == doctest::Approx(2 * first[0][i]));
}
