// Values per channel behind a convolution, or in a pass of their own: clamps, kinks and norms that stayed.
#include <fmt/format.h>

#include <limits>

#include "region_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const Clamp lower_only{1, true, false};
const Clamp upper_only{1, false, true};

/// Nodes in a row behind `x`.
ValueId chain(Net& net, ValueId x, const std::vector<Op>& ops) {
  for (std::size_t i = 0; i < ops.size(); ++i) x = net.add(fmt::format("op{}", i), ops[i], {x});
  return x;
}

void set(Net& net, ValueId value, Slot slot, const std::vector<float>& values) {
  net.graph.set_param(net.graph.value(value).producer, slot, Tensor::of<float>({std::ssize(values)}, values));
}

/// The slopes of a leaky ReLU between two gauges, of scale 1.5 or, in odd channels, -0.5.
void set_leaky(Net& net, ValueId kinked, std::int64_t channels) {
  std::vector<float> below;
  std::vector<float> above;
  for (std::int64_t c = 0; c < channels; ++c) {
    below.push_back(c % 2 == 1 ? 0.5F : 0.15F);
    above.push_back(c % 2 == 1 ? 0.05F : 1.5F);
  }
  set(net, kinked, Slot::below, below);
  set(net, kinked, Slot::above, above);
}

/// The net as one region in one layout: offered in no slow implementation, and computing what the reference does.
void check_fast(const Device& device, Net& net, Layout layout) {
  const auto types = infer_types(net.graph);
  const Layouts layouts{std::vector<Layout>(net.graph.inputs.size(), layout), {layout}};
  const Offers offers = offers_for(device, region_of(net.graph, types, layouts));
  if (const auto* refusal = std::get_if<Refusal>(&offers)) FAIL(refusal->reason);
  for (const Offer& offer : std::get<std::vector<Offer>>(offers)) {
    CAPTURE(offer.implementation);
    CHECK(offer.implementation.find("ref") == std::string::npos);
    CHECK(offer.implementation.find("gemm") == std::string::npos);
  }
  CHECK(check_region(device, net, layouts) == "");
}

}  // namespace

TEST_CASE("clamps, kinks and norms in a row are one pass in every layout") {
  const auto device = cpu::device({.threads = 2});
  const std::vector<std::vector<Op>> rows{{Clamp{}},
                                          {lower_only},
                                          {upper_only},
                                          {Kinked{}},
                                          {PRelu{}},
                                          {BatchNorm{}, Clamp{}},
                                          {Clamp{}, BatchNorm{}},
                                          {Activation{ActivationKind::silu}, BatchNorm{}, upper_only},
                                          {BatchNorm{}, Activation{}, BatchNorm{}, Kinked{}, Affine{}},
                                          {Kinked{}, PRelu{}, lower_only, Activation{ActivationKind::clip, -0.4, 0.5}}};
  for (const auto& ops : rows) {
    for (const Layout layout : layouts_of(*device)) {
      for (const std::int64_t channels : {16, 20}) {
        CAPTURE(row_of(ops.front()).name);
        CAPTURE(ops.size());
        CAPTURE(name_of(layout));
        CAPTURE(channels);
        Net net;
        net.graph.add_output("z", chain(net, net.input("x", {2, channels, 9, 7}), ops));
        check_fast(*device, net, layout);
      }
    }
  }
}

TEST_CASE("a sum and what follows it per channel are one pass") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : layouts_of(*device)) {
    CAPTURE(name_of(layout));
    Net net;
    const ValueId x = net.input("x", {2, 20, 9, 7});
    const ValueId sum = net.add("add", Binary{BinaryKind::add}, {x, net.input("skip", {2, 20, 9, 7})});
    net.graph.add_output("z", chain(net, sum, {Clamp{}, BatchNorm{}}));
    check_fast(*device, net, layout);
  }
}

TEST_CASE("a convolution takes clamps, and a norm behind an activation, into its kernel") {
  const auto device = library_device(2);
  const std::vector<std::vector<Op>> rows{{Clamp{}},
                                          {lower_only},
                                          {upper_only},
                                          {Activation{}, BatchNorm{}},
                                          {Activation{ActivationKind::silu}, BatchNorm{}},
                                          {Activation{ActivationKind::hard_swish}, Affine{1, true, false}},
                                          {lower_only, Affine{1, false, true}, Activation{}}};
  for (const auto& ops : rows) {
    for (const Layout layout : convolution_layouts(*device)) {
      for (const std::int64_t channels : {16, 20}) {
        for (const std::int64_t groups : {std::int64_t{1}, channels}) {
          for (const bool residual : {false, true}) {
            CAPTURE(row_of(ops.front()).name);
            CAPTURE(name_of(layout));
            CAPTURE(channels);
            CAPTURE(groups);
            CAPTURE(residual);
            Net net;
            const ValueId x = net.input("x", {2, channels, 9, 7});
            const ValueId skip = residual ? net.input("skip", {2, channels, 9, 7}) : none;
            ValueId y = net.add("conv", conv3x3(channels, groups), {x});
            if (residual) y = net.add("add", Binary{BinaryKind::add}, {skip, y});
            net.graph.add_output("z", chain(net, y, ops));
            check_fast(*device, net, layout);
          }
        }
      }
    }
  }
}

TEST_CASE("a kink whose slopes have one ratio, of either sign, is a leaky ReLU behind a convolution") {
  const auto device = library_device(2);
  for (const Layout layout : convolution_layouts(*device)) {
    for (const std::int64_t groups : {1, 20}) {
      for (const bool shifted : {false, true}) {
        CAPTURE(name_of(layout));
        CAPTURE(groups);
        Net net;
        const ValueId y = net.add("conv", conv3x3(20, groups), {net.input("x", {2, 20, 9, 7})});
        const ValueId z = net.add("bend", Kinked{}, {y});
        set_leaky(net, z, 20);
        if (!shifted) set(net, z, Slot::kink, std::vector<float>(20, 0.0F));
        net.graph.add_output("z", z);
        check_fast(*device, net, layout);
      }
    }
  }
}

TEST_CASE("kinks of several ratios, and values along another axis, are left to a pass of their own") {
  const auto device = library_device(1);
  const auto refusal = [&](const Op& op) {
    Net net;
    const ValueId y = net.add("conv", conv3x3(16, 1), {net.input("x", {1, 16, 9, 7})});
    net.graph.add_output("z", net.add("op", op, {y}));
    return check_region(*device, net, {{Layout::channels_last}, {Layout::channels_last}});
  };
  CHECK(refusal(Kinked{}) == "slopes of several ratios behind a convolution");
  CHECK(refusal(PRelu{}) == "slopes of several ratios behind a convolution");
  CHECK(refusal(Clamp{2}) == "values along another axis");
  CHECK(refusal(Clamp{-3}) == "");
}

TEST_CASE("a dense layer takes clamps, norms and kinks of one ratio along its last axis") {
  const auto device = cpu::device({.threads = 2});
  for (const Shape& shape : {Shape{3, 40}, Shape{2, 5, 40}}) {
    const Layouts plain{{Layout::plain}, {Layout::plain}};
    const std::vector<std::vector<Op>> rows{
        {Clamp{-1}}, {Activation{ActivationKind::gelu}, Affine{-1}}, {Kinked{-1}, Clamp{-1, false, true}}};
    for (const auto& ops : rows) {
      CAPTURE(shape.str());
      CAPTURE(row_of(ops.front()).name);
      Net net;
      const ValueId y = net.add("fc", Dense{37, true}, {net.input("x", shape)});
      const ValueId z = chain(net, y, ops);
      if (std::holds_alternative<Kinked>(ops.front())) set_leaky(net, net.graph.node(1).outputs[0], 37);
      net.graph.add_output("z", z);
      CHECK(check_region(*device, net, plain) == "");
    }
  }
}

TEST_CASE("a NaN stays one between bounds") {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto device = cpu::device({.threads = 1});
  for (const Clamp& clamp : {Clamp{}, lower_only, upper_only}) {
    for (const std::int64_t size : {1, 5}) {
      Net net;
      const ValueId x = net.input("x", {1, 8, size, size});
      net.graph.add_output("z", net.add("clamp", clamp, {x}));
      auto values = net.inputs.at("x").to_vector<float>();
      std::fill_n(values.begin(), 3, nan);
      net.inputs.at("x") = Tensor::of<float>({1, 8, size, size}, values);
      const auto expected = reference::outputs<double>(net.graph, net.inputs).at("z").to_vector<double>();
      CHECK(std::isnan(expected[0]));
      for (const Layout layout : layouts_of(*device)) CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
    }
  }
}
