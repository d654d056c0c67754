#include <fmt/format.h>

#include "region_check.hpp"
#include "runtime/graph/activations.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Activation activation(ActivationKind kind) {
  Activation result{kind, row_of(kind).alpha.value_or(-0.5), row_of(kind).beta.value_or(1.5)};
  return result;
}

std::vector<ActivationKind> all_activations() {
  std::vector<ActivationKind> kinds;
  for (std::size_t i = 0; i < activation_rows.size(); ++i) kinds.push_back(static_cast<ActivationKind>(i));
  return kinds;
}

}  // namespace

TEST_CASE("a convolution with bias takes every activation into its kernel") {
  const auto device = cpu::device({.threads = 2});
  for (const ActivationKind kind : all_activations()) {
    for (const Layout layout : convolution_layouts(*device)) {
      CAPTURE(row_of(kind).name);
      CAPTURE(name_of(layout));
      Net net;
      const ValueId x = net.input("x", {2, 16, 9, 7});
      const ValueId y = net.add("conv", conv3x3(24), {x});
      net.graph.add_output("z", net.add("act", activation(kind), {y}));
      CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
    }
  }
}

TEST_CASE("two activations that oneDNN computes alike share a kernel only with the same numbers") {
  struct Case {
    Activation first, second;
    bool together;
  };
  const std::vector<Case> cases{{{ActivationKind::leaky_relu, 0.3, 0}, {ActivationKind::relu}, false},
                                {{ActivationKind::leaky_relu, 1.5, 0}, {ActivationKind::leaky_relu, 0.1, 0}, false},
                                {{ActivationKind::clip, 0, 6}, {ActivationKind::clip, -1, 2}, false},
                                {{ActivationKind::elu, 1, 0}, {ActivationKind::elu, 2, 0}, false},
                                {{ActivationKind::relu}, {ActivationKind::clip, -1, 2}, true},
                                {{ActivationKind::relu}, {ActivationKind::relu}, true}};
  const auto device = library_device(1);
  for (const Case& each : cases) {
    CAPTURE(row_of(each.first.kind).name);
    CAPTURE(row_of(each.second.kind).name);
    Net net;
    const ValueId x = net.input("x", {1, 16, 9, 7});
    const ValueId y = net.add("conv", conv3x3(24), {x});
    net.graph.add_output("z", net.add("second", each.second, {net.add("first", each.first, {y})}));
    const auto types = infer_types(net.graph);
    const Layouts layouts{{Layout::channels_last}, {Layout::channels_last}};
    const bool offered = !std::holds_alternative<Refusal>(offers_for(*device, region_of(net.graph, types, layouts)));
    CHECK(offered == each.together);
    if (offered) CHECK(check_region(*device, net, layouts) == "");
  }
}

TEST_CASE("a residual is added in place before the activation") {
  const auto device = library_device(2);
  for (const Layout layout : convolution_layouts(*device)) {
    CAPTURE(name_of(layout));
    Net net;
    const ValueId x = net.input("x", {1, 16, 9, 7});
    const ValueId skip = net.input("skip", {1, 24, 9, 7});
    const ValueId y = net.add("conv", conv3x3(24), {x});
    const ValueId sum = net.add("add", Binary{BinaryKind::add}, {skip, y});
    net.graph.add_output("z", net.add("relu", activation(ActivationKind::relu), {sum}));
    CHECK(check_region(*device, net, {{layout, layout}, {layout}}) == "");
    const auto types = infer_types(net.graph);
    const Offers offers = offers_for(*device, region_of(net.graph, types, {{layout, layout}, {layout}}));
    for (const Offer& offer : std::get<std::vector<Offer>>(offers)) CHECK(make_kernel(offer)->in_place_input() == 1);
  }
}

TEST_CASE("a residual behind the activation is added without demanding its memory") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : convolution_layouts(*device)) {
    CAPTURE(name_of(layout));
    Net net;
    const ValueId x = net.input("x", {1, 16, 9, 7});
    const ValueId skip = net.input("skip", {1, 24, 9, 7});
    const ValueId y = net.add("conv", conv3x3(24), {x});
    const ValueId r = net.add("relu", activation(ActivationKind::relu), {y});
    net.graph.add_output("z", net.add("add", Binary{BinaryKind::add}, {r, skip}));
    CHECK(check_region(*device, net, {{layout, layout}, {layout}}) == "");
  }
}

TEST_CASE("a convolution adds its own input without overwriting it") {
  const auto device = cpu::device({.threads = 1});
  Net net;
  const ValueId x = net.input("x", {1, 16, 9, 7});
  const ValueId y = net.add("conv", conv3x3(16), {x});
  net.graph.add_output("z", net.add("add", Binary{BinaryKind::add}, {y, x}));
  CHECK(check_region(*device, net, {{Layout::channels_last}, {Layout::channels_last}}) == "");
}

TEST_CASE("a transposed convolution takes its bias and whatever follows in every layout") {
  const auto device = cpu::device({.threads = 2});
  const std::vector<std::vector<Op>> tails{{},
                                           {activation(ActivationKind::relu)},
                                           {Activation{ActivationKind::clip, -0.5, 0.75}},
                                           {activation(ActivationKind::silu), BatchNorm{}},
                                           {Clamp{}, activation(ActivationKind::relu)}};
  for (const auto& tail : tails) {
    for (const std::int64_t groups : {1, 4}) {
      for (const bool residual : {false, true}) {
        for (const bool bias : {false, true}) {
          ConvTranspose op;
          op.out = 20;
          op.kernel = Spatial(2);
          op.stride = Spatial(2);
          op.groups = groups;
          op.bias = bias;
          for (const Layout layout : layouts_of(*device)) {
            CAPTURE(tail.size());
            CAPTURE(groups);
            CAPTURE(residual);
            CAPTURE(bias);
            CAPTURE(name_of(layout));
            Net net;
            const ValueId x = net.input("x", {2, 12, 5, 7});
            const ValueId skip = residual ? net.input("skip", {2, 20, 10, 14}) : none;
            ValueId y = net.add("up", op, {x});
            if (residual) y = net.add("add", Binary{BinaryKind::add}, {y, skip});
            for (std::size_t i = 0; i < tail.size(); ++i) y = net.add(fmt::format("tail{}", i), tail[i], {y});
            net.graph.add_output("z", y);
            const std::vector<Layout> inputs(residual ? 2 : 1, layout);
            CHECK(check_region(*device, net, {inputs, {layout}}, 1e-5, true) == "");
          }
        }
      }
    }
  }
}

TEST_CASE("few channels per group and odd channel counts are computed right") {
  const auto device = cpu::device({.threads = 2});
  struct Channels {
    int in, out, groups;
  };
  for (const Channels& channels :
       {Channels{32, 32, 8}, {16, 32, 8}, {24, 24, 24}, {20, 20, 1}, {3, 16, 1}, {20, 12, 4}, {16, 32, 16}}) {
    const int in = channels.in;
    const int out = channels.out;
    const int groups = channels.groups;
    for (const Layout layout : layouts_of(*device)) {
      CAPTURE(in);
      CAPTURE(out);
      CAPTURE(groups);
      CAPTURE(name_of(layout));
      Net net;
      const ValueId x = net.input("x", {1, in, 8, 11});
      net.graph.add_output("z", net.add("conv", conv3x3(out, groups), {x}));
      CHECK(check_region(*device, net, {{layout}, {layout}}, 2e-6, true) == "");
    }
  }
}

TEST_CASE("a batch norm that stayed and its activation are one pass in every layout") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : layouts_of(*device)) {
    for (const ActivationKind kind : all_activations()) {
      for (const std::int64_t channels : {16, 20}) {
        CAPTURE(name_of(layout));
        CAPTURE(row_of(kind).name);
        CAPTURE(channels);
        Net net;
        const ValueId x = net.input("x", {2, channels, 9, 7});
        const ValueId y = net.add("bn", BatchNorm{}, {x});
        net.graph.add_output("z", net.add("act", activation(kind), {y}));
        CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
      }
    }
  }
}

TEST_CASE("products with a gate per channel, per pixel or of one element broadcast in every layout") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : layouts_of(*device)) {
    for (const Shape& gate : {Shape{2, 20, 1, 1}, Shape{1, 20, 1, 1}, Shape{2, 1, 9, 7}, Shape{1, 1, 1, 1},
                              Shape{2, 20, 9, 7}, Shape{1, 20, 9, 7}}) {
      for (const BinaryKind kind : {BinaryKind::mul, BinaryKind::add, BinaryKind::sub, BinaryKind::div}) {
        CAPTURE(name_of(layout));
        CAPTURE(gate.str());
        Net net;
        const ValueId g = net.input("gate", gate);
        const ValueId x = net.input("x", {2, 20, 9, 7});
        const ValueId y = net.add("mul", Binary{kind}, {x, g});
        net.graph.add_output("z", net.add("relu", activation(ActivationKind::relu), {y}));
        CHECK(check_region(*device, net, {{layout, layout}, {layout}}) == "");
      }
    }
  }
}

TEST_CASE("channels are shuffled in every layout whose blocks stay whole") {
  const auto device = cpu::device({.threads = 2});
  for (const std::int64_t groups : {1, 2, 3, 4, 29}) {
    for (const std::int64_t each : {1, 5, 16, 29}) {
      for (const Layout layout : layouts_of(*device)) {
        CAPTURE(groups);
        CAPTURE(each);
        CAPTURE(name_of(layout));
        Net net;
        const ValueId x = net.input("x", {2, groups * each, 9, 11});
        net.graph.add_output("z", net.add("shuffle", ChannelShuffle{groups}, {x}));
        const std::string refusal = check_region(*device, net, {{layout}, {layout}});
        const bool blocked = layout != Layout::plain && layout != Layout::channels_last;
        CHECK((refusal.empty() || (blocked && refusal.find("block") != std::string::npos)));
      }
    }
  }
}

TEST_CASE("pooling agrees with the reference in every layout") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : layouts_of(*device)) {
    for (const PoolKind kind : {PoolKind::max, PoolKind::avg}) {
      for (const bool ceil : {false, true}) {
        for (const bool count : {false, true}) {
          for (const std::int64_t channels : {48, 13}) {
            CAPTURE(name_of(layout));
            CAPTURE(ceil);
            CAPTURE(count);
            Pool pool{kind,       Spatial(3), Spatial(2), {Padding::Mode::given, Spatial(1), Spatial(1)},
                      Spatial(1), ceil,       count};
            Net net;
            const ValueId x = net.input("x", {2, channels, 12, 9});
            net.graph.add_output("z", net.add("pool", pool, {x}));
            CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
          }
        }
      }
      Net net;
      const ValueId x = net.input("x", {2, 20, 9, 7});
      net.graph.add_output("z", net.add("pool", GlobalPool{kind}, {x}));
      CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
    }
  }
}

TEST_CASE("pools of small windows agree with the reference at every size, stride, padding and number of channels") {
  const auto device = cpu::device({.threads = 2});
  const auto check = [&](const Pool& pool, const Shape& shape) {
    CAPTURE(shape.str());
    for (const Layout layout : layouts_of(*device, shape)) {
      CAPTURE(name_of(layout));
      Net net;
      net.graph.add_output("z", net.add("pool", pool, {net.input("x", shape)}));
      CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
    }
  };
  const auto pool_of = [](PoolKind kind, Spatial kernel, std::int64_t stride, std::int64_t padding, bool count) {
    return Pool{kind, kernel, Spatial(stride), {Padding::Mode::given, padding, padding}, Spatial(1), false, count};
  };
  for (const auto& [kind, count] : {std::pair{PoolKind::max, false}, {PoolKind::avg, false}, {PoolKind::avg, true}}) {
    for (const std::int64_t kernel : {2, 3, 5}) {
      for (const std::int64_t stride : {1, 2, 3, 4}) {
        for (const std::int64_t padding : {std::int64_t{0}, kernel / 2}) {
          CAPTURE(kernel);
          CAPTURE(stride);
          CAPTURE(padding);
          const Pool pool = pool_of(kind, Spatial(kernel), stride, padding, count);
          for (const std::int64_t channels : {5, 8, 20, 41}) check(pool, {2, channels, 7, 23});
          check(pool, {1, 16, 5, 5});
        }
      }
    }
    // Windows that are not square, and rows longer than what is folded at once.
    check(pool_of(kind, Spatial(Ints{3, 2}), 1, 0, count), {1, 20, 6, 9});
    check(pool_of(kind, Spatial(Ints{2, 3}), 2, 1, count), {1, 20, 6, 9});
    check(pool_of(kind, Spatial(Ints{1, 3}), 2, 0, count), {1, 20, 6, 9});
    for (const std::int64_t stride : {1, 2, 3}) check(pool_of(kind, Spatial(3), stride, 1, count), {1, 2, 3, 1700});
    check(pool_of(kind, Spatial(3), 1, 1, count), {2, 20, 31});
    check(pool_of(kind, Spatial(3), 2, 1, count), {1, 20, 3, 6, 7});
  }
}

TEST_CASE("pools with dilation and padding agree with the reference, also where a window reads nothing but padding") {
  const auto device = cpu::device({.threads = 2});
  for (const std::int64_t dilation : {2, 5}) {
    for (const std::int64_t padding : {std::int64_t{1}, dilation}) {
      for (const std::int64_t stride : {1, 3}) {
        for (const auto& [kind, count] :
             {std::pair{PoolKind::max, false}, {PoolKind::avg, false}, {PoolKind::avg, true}}) {
          CAPTURE(dilation);
          CAPTURE(padding);
          CAPTURE(stride);
          Net net;
          const Pool pool{
              kind,  Spatial(2), Spatial(stride), {Padding::Mode::given, padding, padding}, Spatial(dilation),
              false, count};
          const std::int64_t size = count ? 4 : 7;
          net.graph.add_output("z", net.add("pool", pool, {net.input("x", {1, 20, size, size})}));
          for (const Layout layout : layouts_of(*device)) CHECK(check_region(*device, net, {{layout}, {layout}}) == "");
        }
      }
    }
  }
}

TEST_CASE("a dense layer with an activation agrees with the reference") {
  const auto device = cpu::device({.threads = 2});
  for (const Shape& shape : {Shape{1, 200}, Shape{3, 5, 40}}) {
    Net net;
    const ValueId x = net.input("x", shape);
    const ValueId y = net.add("fc", Dense{37, true}, {x});
    net.graph.add_output("z", net.add("act", activation(ActivationKind::gelu), {y}));
    CHECK(check_region(*device, net, {{Layout::plain}, {Layout::plain}}) == "");
  }
}

TEST_CASE("padding other than zero is convolved in every layout") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : convolution_layouts(*device)) {
    for (const std::int64_t channels : {16, 20}) {
      CAPTURE(name_of(layout));
      CAPTURE(channels);
      Net net;
      Conv conv = conv3x3(24);
      conv.pad_value = true;
      const ValueId x = net.input("x", {2, channels, 9, 7});
      const ValueId skip = net.input("skip", {2, 24, 9, 7});
      const ValueId y = net.add("conv", conv, {x});
      const ValueId sum = net.add("add", Binary{BinaryKind::add}, {y, skip});
      net.graph.add_output("z", net.add("act", activation(ActivationKind::relu), {sum}));
      CHECK(check_region(*device, net, {{layout, layout}, {layout}}) == "");
    }
  }
}
