// What follows a convolution: in the library's call where it takes it, in one pass behind it where it does not.
#include <doctest/doctest.h>

#include "tests/gpu/small_networks.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::vector<Precision> both{Precision::fp32, Precision::fp16};
const HostOptions plain_library{.fuses = false};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("bias, residual and ReLU go into the call, and everything else does where the library takes it") {
  const std::vector<Op> behind{Activation{ActivationKind::clip, 0, 6},
                               Activation{ActivationKind::silu},
                               Activation{ActivationKind::hard_swish},
                               Activation{ActivationKind::mish},
                               Clamp{1, true, true},
                               Clamp{1, false, true}};
  for (const Precision precision : both) {
    CAPTURE(std::string(name_of(precision)));
    GraphBuilder residual;
    const ValueId x = residual.input({2, 8, 9, 9});
    const ValueId skip = residual.conv(x, 16, 1);
    residual.output(residual.relu(residual.sum({residual.conv(x, 16, 3, 1, 1, 1, true), skip})));
    CHECK(kernels_of(residual.graph, precision, {}) == Names{"host1", "host1"});
    CHECK(kernels_of(residual.graph, precision, plain_library) == Names{"host1", "host1"});
    for (const Op& op : behind) {
      GraphBuilder net;
      const ValueId image = net.input({1, 8, 7, 7});
      net.output(net.add(op, {net.conv(image, 8, 3, 1, 1, 1, true)}));
      CHECK(kernels_of(net.graph, precision, {}) == Names{"host1"});
      CHECK(kernels_of(net.graph, precision, plain_library) == Names{"host1+pointwise"});
    }
  }
}

TEST_CASE("what follows goes into the call in whatever order it stands, as far as the library takes it") {
  using Ops = std::vector<Op>;  // of which Binary adds the residual
  const Activation relu{ActivationKind::relu}, silu{ActivationKind::silu}, hard_swish{ActivationKind::hard_swish};
  const Binary add{BinaryKind::add};
  const Clamp bounds{1, true, true};
  struct Case {
    Ops behind;
    const char* fused;
    const char* plain;
  };
  const std::vector<Case> cases{
      {{silu, add}, "host1", "host1+pointwise"},         {{relu, add}, "host1", "host1+pointwise"},
      {{add, hard_swish}, "host1", "host1+pointwise"},   {{relu, add, relu}, "host1", "host1+pointwise"},
      {{add, bounds}, "host1", "host1+pointwise"},       {{bounds, add, silu}, "host1", "host1+pointwise"},
      {{add, relu, bounds}, "host1", "host1+pointwise"}, {{bounds, relu, bounds}, "host1+pointwise", "host1+pointwise"},
  };
  for (const Precision precision : both) {
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Case& c = cases[i];
      CAPTURE(i);
      CAPTURE(std::string(name_of(precision)));
      GraphBuilder net;
      const ValueId x = net.input({2, 8, 7, 7});
      ValueId y = net.conv(x, 8, 3, 1, 1, 1, true);
      for (const Op& op : c.behind) y = std::holds_alternative<Binary>(op) ? net.add(op, {y, x}) : net.add(op, {y});
      net.output(y);
      CHECK(kernels_of(net.graph, precision, {}) == Names{c.fused});
      CHECK(kernels_of(net.graph, precision, plain_library) == Names{c.plain});
    }
  }
}

TEST_CASE("a longer chain leaves in the pass behind it what the call does not take") {
  GraphBuilder net;
  const ValueId x = net.input({1, 8, 7, 7});
  const ValueId sum = net.sum({net.conv(x, 8, 3, 1, 1, 1, true), x});
  net.output(net.bn(net.relu(sum)));
  CHECK(kernels_of(net.graph, Precision::fp32, {}) == Names{"host1+pointwise"});
}

TEST_CASE("depthwise convolutions and those of one pixel do everything behind them themselves") {
  for (const Precision precision : both) {
    for (const std::int64_t channels : {16, 12}) {  // whole packs of channels, and not
      GraphBuilder net;
      const ValueId x = net.input({2, channels, 9, 9});
      const ValueId wide = net.relu(net.bn(net.conv(x, channels, 3, 2, 1, channels)));
      const ValueId squeezed =
          net.add(Activation{ActivationKind::silu}, {net.conv(net.add(GlobalPool{}, {wide}), 4, 1, 1, 0, 1, true)});
      const ValueId gate =
          net.add(Activation{ActivationKind::sigmoid}, {net.conv(squeezed, channels, 1, 1, 0, 1, true)});
      net.output(net.add(Binary{BinaryKind::mul}, {wide, gate}));
      const bool tiled = channels == 16 || precision == Precision::fp32;
      CHECK(kernels_of(net.graph, precision, {}) ==
            Names{tiled ? "depthwise_3x3" : "depthwise", "pointwise", "mean", "dot", "dot", "pointwise"});
    }
  }
}

TEST_CASE("padding that differs before and behind is the library's where it takes it, else it is written out") {
  for (const Precision precision : both) {
    for (const std::int64_t stride : {1, 2}) {
      CAPTURE(std::string(name_of(precision)));
      GraphBuilder net;
      Conv conv;
      conv.out = 16, conv.kernel = 3, conv.stride = stride, conv.bias = true;
      conv.padding.begin = Spatial(0), conv.padding.end = Spatial(1);
      net.output(net.relu(net.add(conv, {net.input({2, 8, 11, 12})})));
      CHECK(kernels_of(net.graph, precision, {}) == Names{"host1"});
      CHECK(kernels_of(net.graph, precision, plain_library) == Names{"pack+host1"});
    }
  }
}

TEST_CASE("images of three channels, channels that do not divide and values in padding are put right around the call") {
  for (const Precision precision : both) {
    CAPTURE(std::string(name_of(precision)));
    GraphBuilder net;
    Conv conv;
    conv.out = 21, conv.kernel = 3, conv.stride = 2, conv.bias = true;
    conv.padding.begin = Spatial(0), conv.padding.end = Spatial(1);
    const ValueId uneven = net.relu(net.add(conv, {net.input({2, 3, 12, 12})}));
    conv.padding.begin = Spatial(1), conv.stride = 1, conv.pad_value = true, conv.out = 10;
    net.output(net.add(conv, {uneven}));
    const Names kernels = kernels_of(net.graph, precision, {});
    REQUIRE(kernels.size() == 2);
    CHECK(kernels[0].starts_with("pack+host1"));
    CHECK(kernels[1] == "pack+host1");
  }
}

TEST_CASE("transposed convolutions are the library's where one padding describes them") {
  for (const Precision precision : both) {
    GraphBuilder net;
    ConvTranspose up;
    up.out = 8, up.kernel = 2, up.stride = 2, up.bias = true;
    net.output(net.relu(net.add(up, {net.input({1, 16, 5, 5})})));
    CHECK(kernels_of(net.graph, precision, {}) == Names{"host1+pointwise"});
    CHECK(kernels_of(net.graph, precision, {.library = false}) == Names{"direct"});
  }
}
