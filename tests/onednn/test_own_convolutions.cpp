// The own convolutions, compiled for every instruction set that this processor has, against the float64 reference.
#include <fmt/format.h>

#include <bit>

#include "own_way.hpp"
#include "runtime/graph/activations.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Case {
  Shape input;
  std::int64_t out;
  Ints kernel;
  std::int64_t stride = 1;
  Ints pad_begin{0, 0}, pad_end{0, 0};
  bool bias = true;
};

Conv conv_of(const Case& each, std::int64_t groups) {
  Conv conv;
  conv.out = each.out;
  conv.kernel = Spatial(each.kernel);
  conv.stride = Spatial(each.stride);
  conv.padding = {Padding::Mode::given, Spatial(each.pad_begin), Spatial(each.pad_end)};
  conv.groups = groups;
  conv.bias = each.bias;
  return conv;
}

void check_case(const Device& device, Way way, const Case& each, std::int64_t groups, int tail) {
  CAPTURE(each.input.str());
  CAPTURE(each.out);
  CAPTURE(each.kernel[0]);
  CAPTURE(each.stride);
  CAPTURE(groups);
  CAPTURE(tail);
  Net net;
  const ValueId y = net.add("conv", conv_of(each, groups), {net.input("x", each.input)});
  net.graph.add_output("z", followed_by(net, y, tail));
  for (const cpu::Isa isa : instruction_sets()) {
    const cpu::Machine machine{2, isa};
    for (const Layout to : vector_layouts(isa)) {
      const bool image = each.input[1] <= 4;
      check_way(device, machine, way, net, image ? Layout::plain : to, to);
    }
  }
}

std::string refusal(const Case& each, Way way, std::int64_t groups, std::int64_t dilation, Layout layout) {
  Net net;
  Conv conv = conv_of(each, groups);
  conv.dilation = Spatial(dilation);
  net.graph.add_output("z", net.add("conv", conv, {net.input("x", each.input)}));
  return refusal_of(way, net, layout, layout, cpu::Isa::avx2);
}

}  // namespace

TEST_CASE("own depthwise convolutions of every kernel, stride and border") {
  const auto device = cpu::device({.threads = 2});
  // Widths below a tile, of one, and of several with a rest; channels of whole vectors and others.
  const std::vector<Case> cases{
      {{1, 32, 14, 14}, 32, {3, 3}, 1, {1, 1}, {1, 1}}, {{2, 24, 9, 17}, 24, {3, 3}, 1, {1, 1}, {1, 1}, false},
      {{1, 37, 15, 16}, 37, {3, 3}, 2, {0, 0}, {1, 1}}, {{2, 16, 7, 7}, 16, {5, 5}, 1, {2, 2}, {2, 2}},
      {{1, 40, 13, 23}, 40, {5, 5}, 2, {1, 2}, {2, 1}}, {{1, 19, 5, 4}, 19, {5, 5}, 1, {2, 2}, {2, 2}},
      {{1, 16, 11, 9}, 16, {7, 7}, 1, {3, 3}, {3, 3}},  {{1, 33, 12, 31}, 33, {7, 7}, 2, {3, 2}, {2, 3}},
      {{1, 16, 1, 1}, 16, {3, 3}, 1, {1, 1}, {1, 1}},   {{1, 17, 3, 2}, 17, {3, 3}, 2, {1, 1}, {1, 1}},
      {{1, 16, 12, 12}, 16, {3, 3}, 1, {0, 0}, {0, 0}}, {{1, 16, 4, 4}, 16, {3, 3}, 1, {4, 5}, {3, 4}},
      {{1, 32, 28, 28}, 32, {3, 3}, 2, {1, 1}, {1, 1}}, {{1, 32, 14, 14}, 32, {5, 5}, 2, {2, 2}, {2, 2}},
      {{1, 20, 9, 28}, 20, {5, 5}, 2, {2, 2}, {2, 2}},  {{1, 16, 8, 22}, 16, {5, 5}, 1, {2, 2}, {2, 2}}};
  int tail = 0;
  for (const Case& each : cases) check_case(*device, cpu::depthwise, each, each.out, tail++ % tails);
  for (tail = 0; tail < tails; ++tail) check_case(*device, cpu::depthwise, cases[2], cases[2].out, tail);
}

TEST_CASE("own convolutions in groups of every width, stride and border") {
  const auto device = cpu::device({.threads = 2});
  const auto check = [&](const Case& each, std::int64_t group, int tail) {
    check_case(*device, cpu::grouped, each, each.out / group, tail);
  };
  // Widths below a tile, of one, and of several with a rest; channels of whole vectors and others.
  const std::vector<Case> cases{
      {{1, 32, 14, 14}, 32, {3, 3}, 1, {1, 1}, {1, 1}}, {{2, 24, 9, 17}, 24, {3, 3}, 1, {1, 1}, {1, 1}, false},
      {{1, 40, 15, 16}, 40, {3, 3}, 2, {0, 0}, {1, 1}}, {{2, 16, 7, 7}, 16, {3, 3}, 1, {1, 1}, {1, 1}},
      {{1, 56, 13, 33}, 56, {3, 3}, 2, {1, 0}, {0, 1}}, {{1, 24, 5, 4}, 24, {3, 3}, 1, {2, 1}, {1, 2}},
      {{1, 16, 1, 1}, 16, {3, 3}, 1, {1, 1}, {1, 1}},   {{1, 24, 3, 2}, 24, {3, 3}, 2, {1, 1}, {1, 1}},
      {{1, 16, 12, 12}, 16, {3, 3}, 1, {0, 0}, {0, 0}}, {{1, 16, 4, 4}, 16, {3, 3}, 1, {4, 5}, {3, 4}},
      {{1, 48, 14, 28}, 48, {3, 3}, 2, {1, 1}, {1, 1}}, {{1, 24, 8, 29}, 24, {3, 3}, 1, {1, 1}, {1, 1}}};
  int tail = 0;
  // A vector holds a group whole.
  for (std::int64_t group = 2; group <= std::min<std::int64_t>(8, cpu::lanes_of(instruction_sets().front()));
       group *= 2)
    for (const Case& each : cases) check(each, group, tail++ % 10);
  check({{1, 18, 9, 9}, 18, {3, 3}, 1, {1, 1}, {1, 1}}, 2, 1);
  check({{1, 20, 9, 9}, 20, {3, 3}, 2, {1, 1}, {1, 1}}, 4, 8);
  for (tail = 0; tail < tails; ++tail) check(cases[2], 4, tail);
}

TEST_CASE("own 1x1 convolutions of every number of outputs and pixels") {
  const auto device = cpu::device({.threads = 2});
  int tail = 0;
  for (const std::int64_t out : {8, 13, 16, 24, 32, 40, 48, 64, 72, 100}) {
    for (const Shape& input : {Shape{1, 16, 7, 7}, Shape{2, 24, 5, 9}, Shape{1, 37, 1, 3}, Shape{1, 64, 1, 1}})
      check_case(*device, cpu::direct, {input, out, {1, 1}, 1, {0, 0}, {0, 0}, out % 16 == 0}, 1, tail++ % tails);
  }
  for (tail = 0; tail < tails; ++tail) check_case(*device, cpu::direct, {{2, 20, 6, 7}, 43, {1, 1}}, 1, tail);
  check_case(*device, cpu::direct, {{2, 24, 14, 13}, 40, {1, 1}, 2}, 1, 3);
  check_case(*device, cpu::direct, {{1, 24, 6, 9}, 24, {1, 1}, 1, {1, 2}, {2, 1}}, 1, 1);
  // More input than is worked on at a time.
  check_case(*device, cpu::direct, {{1, 700, 11, 13}, 52, {1, 1}}, 1, 1);
}

TEST_CASE("own 1x1 convolutions of small pictures with padding on any of their sides") {
  const auto device = cpu::device({.threads = 2});
  for (const Shape& input : {Shape{3, 20, 1, 1}, Shape{1, 20, 1, 3}, Shape{2, 20, 2, 1}}) {
    for (std::int64_t sides = 1; sides < 16; ++sides) {
      const auto side = [&](int i) { return sides >> i & 1; };
      check_case(*device, cpu::direct, {input, 24, {1, 1}, 1, {side(0), side(1)}, {side(2), side(3)}}, 1, 1);
    }
  }
}

TEST_CASE("own convolutions of pictures of few channels, from where a network is given them") {
  const auto device = cpu::device({.threads = 2});
  check_case(*device, cpu::direct, {{1, 3, 32, 32}, 32, {3, 3}, 2, {1, 1}, {1, 1}}, 1, 2);
  check_case(*device, cpu::direct, {{2, 3, 33, 35}, 24, {3, 3}, 2, {0, 0}, {1, 1}}, 1, 3);
  check_case(*device, cpu::direct, {{1, 3, 37, 41}, 64, {7, 7}, 2, {3, 3}, {3, 3}}, 1, 1);
  check_case(*device, cpu::direct, {{2, 1, 28, 28}, 10, {5, 5}, 1, {0, 0}, {0, 0}}, 1, 0);
  check_case(*device, cpu::direct, {{1, 4, 9, 30}, 17, {3, 5}, 1, {1, 4}, {2, 0}, false}, 1, 4);
  check_case(*device, cpu::direct, {{1, 3, 2, 2}, 16, {5, 5}, 1, {4, 4}, {4, 4}}, 1, 0);
}

TEST_CASE("own dense layers of few rows and every number of outputs") {
  const auto device = cpu::device({.threads = 2});
  int tail = 0;
  for (std::int64_t rows = 1; rows <= 4; ++rows) {
    for (const std::int64_t out : {1, 7, 16, 37, 64, 130}) {
      for (const std::int64_t in : {1, 18, 65}) {
        CAPTURE(rows);
        CAPTURE(in);
        CAPTURE(out);
        CAPTURE(tail);
        Net net;
        const ValueId y = net.add("dense", Dense{out, out % 2 == 0}, {net.input("x", {rows, in})});
        net.graph.add_output("z", followed_by(net, y, tail++ % tails));
        for (const cpu::Isa isa : instruction_sets())
          check_way(*device, {2, isa}, cpu::dense, net, Layout::plain, Layout::plain);
      }
    }
  }
}

TEST_CASE("a NaN stays one in whatever follows an own kernel") {
  const auto device = cpu::device({.threads = 2});
  const auto check = [&](Way way, const Op& op, const Shape& input, Layout layout) {
    for (int tail = 0; tail < tails; ++tail) {
      CAPTURE(input.str());
      CAPTURE(tail);
      Net net;
      net.graph.add_output("z", followed_by(net, net.add("linear", op, {net.input("x", input)}), tail));
      std::vector<float> values = net.inputs.at("x").to_vector<float>();
      for (std::size_t i = 0; i < values.size(); i += 97) values[i] = std::nanf("");
      net.inputs.at("x") = Tensor::of<float>(input, values);
      for (const cpu::Isa isa : instruction_sets()) check_way(*device, {2, isa}, way, net, layout, layout);
    }
  };
  check(cpu::direct, conv_of({{}, 21, {1, 1}}, 1), {1, 18, 9, 8}, Layout::channels_last);
  check(cpu::depthwise, conv_of({{}, 18, {3, 3}, 1, {1, 1}, {1, 1}}, 18), {1, 18, 9, 8}, Layout::channels_last);
  check(cpu::dense, Dense{21, true}, {4, 48}, Layout::plain);
}

TEST_CASE("weights of the same values in another shape are packed apart") {
  const auto device = cpu::device({.threads = 2});
  const auto net_of = [](Op op, const Shape& input, const Shape& weight) {
    Net net;
    net.graph.add_output("y", net.add("layer", op, {net.input("x", input)}));
    net.graph.set_param(0, Slot::weight, Random(3).normal(weight));
    return net;
  };
  const auto convolution = [&](const Shape& input, std::int64_t out, std::int64_t kernel, std::int64_t groups) {
    const Case each{input, out, {kernel, kernel}, 1, {0, 0}, {0, 0}, false};
    return net_of(conv_of(each, groups), input, {out, input[1] / groups, kernel, kernel});
  };
  const auto dense = [&](std::int64_t in, std::int64_t out) { return net_of(Dense{out, false}, {1, in}, {out, in}); };
  const auto check = [&](Way way, Net first, Net second, Layout layout) {
    for (const cpu::Isa isa : instruction_sets()) {
      const cpu::Machine machine{2, isa};
      const auto kernel_of = [&](const Net& net, const std::vector<TensorType>& types) {
        return make_kernel(way(machine, region_of(net.graph, types, {{layout}, {layout}})));
      };
      const auto first_types = infer_types(first.graph);
      const auto kept = kernel_of(first, first_types);  // for as long as a kernel has them, packed weights are shared
      check_way(*device, machine, way, second, layout, layout);
    }
  };
  check(cpu::dense, dense(16, 8), dense(8, 16), Layout::plain);
  check(cpu::direct, convolution({1, 40, 3, 3}, 24, 1, 1), convolution({1, 24, 3, 3}, 40, 1, 1), Layout::channels_last);
  check(cpu::depthwise, convolution({1, 50, 7, 7}, 50, 3, 50), convolution({1, 18, 7, 7}, 18, 5, 18),
        Layout::channels_last);
  check(cpu::winograd, convolution({1, 32, 6, 6}, 16, 3, 1), convolution({1, 16, 6, 6}, 32, 3, 1),
        Layout::channels_last);
}

TEST_CASE("SiLU and sigmoid in own kernels, over all floats: 2.5e-7 of the larger of 1 and the result") {
  const auto device = cpu::device({.threads = 2});
  std::vector<float> values;
  for (std::int64_t bits = 0; bits <= 0xFFFFFFFF; bits += 0x1FF5)
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (const float each : {HUGE_VALF, -HUGE_VALF, std::nanf(""), 0.0F, -0.0F}) values.push_back(each);
  for (int i = -4000; i <= 4000; ++i) values.push_back(static_cast<float>(i) / 40);
  for (const ActivationKind kind : {ActivationKind::silu, ActivationKind::sigmoid}) {
    Net net;
    const ValueId x = net.input("x", {1, 1, 1, std::ssize(values)});
    net.inputs.at("x") = Tensor::of<float>({1, 1, 1, std::ssize(values)}, values);
    const ValueId y = net.add("conv", conv_of({{}, 1, {1, 1}, 1, {0, 0}, {0, 0}, false}, 1), {x});
    net.graph.set_param(0, Slot::weight, Tensor::of<float>({1, 1, 1, 1}, {1}));
    net.graph.add_output("z", net.add("act", Activation{kind}, {y}));
    const auto types = infer_types(net.graph);
    const Region region = region_of(net.graph, types, {{Layout::plain}, {Layout::channels_last}});
    for (const cpu::Isa isa : instruction_sets()) {
      CAPTURE(row_of(kind).name);
      CAPTURE(name_of(isa));
      const auto got = run(*device, *make_kernel(cpu::direct(cpu::Machine{2, isa}, region)), region, net.inputs)[0];
      REQUIRE(got.size() == values.size());
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < got.size(); ++i) {
        const double expected = activate(Activation{kind}, static_cast<double>(values[i]));
        const bool close =
            std::abs(static_cast<double>(got[i]) - expected) <= 2.5e-7 * std::max(1.0, std::abs(expected));
        const bool same = std::isnan(expected) ? std::isnan(got[i]) : static_cast<double>(got[i]) == expected;
        if (close || same) continue;
        ++wrong;
        CAPTURE(values[i]);
        CAPTURE(got[i]);
        if (wrong < 10) CHECK(static_cast<double>(got[i]) == expected);
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("what the own convolutions do not compute they refuse") {
  const Layout last = Layout::channels_last;
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 1}, cpu::depthwise, 1, 1, last) == "not one filter per channel");
  CHECK(refusal({{1, 16, 9, 9}, 32, {3, 3}, 1}, cpu::depthwise, 16, 1, last) == "not one filter per channel");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 1}, cpu::depthwise, 16, 2, last) ==
        "an own convolution with its taps apart");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 3}, cpu::depthwise, 16, 1, last) ==
        "a depthwise convolution of another kernel or stride");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 5}, 1}, cpu::depthwise, 16, 1, last) ==
        "a depthwise convolution of another kernel or stride");
  CHECK(refusal({{1, 5, 9, 9}, 5, {3, 3}, 1}, cpu::depthwise, 5, 1, last) ==
        "a depthwise convolution in another layout");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 1}, cpu::depthwise, 16, 1, Layout::plain) ==
        "a depthwise convolution in another layout");
  CHECK(refusal({{1, 16, 9, 9}, 32, {3, 3}, 1}, cpu::grouped, 4, 1, last) ==
        "a grouped convolution of other outputs than inputs");
  for (const std::int64_t groups : {1, 8, 16, 48})
    CHECK(refusal({{1, 48, 9, 9}, 48, {3, 3}, 1}, cpu::grouped, groups, 1, last) ==
          "groups other than of 2, 4 or 8 channels that divide a vector");
  CHECK(refusal({{1, 16, 9, 9}, 16, {5, 5}, 1}, cpu::grouped, 4, 1, last) ==
        "a grouped convolution of another kernel or stride");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 1}, cpu::grouped, 4, 2, last) == "an own convolution with its taps apart");
  CHECK(refusal({{1, 4, 9, 9}, 4, {3, 3}, 1}, cpu::grouped, 2, 1, last) == "a grouped convolution in another layout");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 1}, cpu::grouped, 4, 1, Layout::plain) ==
        "a grouped convolution in another layout");
  CHECK(refusal({{1, 16, 9, 9}, 16, {1, 1}, 1}, cpu::direct, 2, 1, last) == "groups in an own convolution");
  CHECK(refusal({{1, 16, 9, 9}, 16, {3, 3}, 1}, cpu::direct, 1, 1, last) ==
        "a convolution that the library has better");
  CHECK(refusal({{1, 3, 9, 9}, 16, {3, 3}, 1}, cpu::direct, 1, 1, Layout::plain) ==
        "an own convolution in another layout");
  CHECK(refusal({{1, 16, 9}, 16, {1}, 1, {0}, {0}}, cpu::direct, 1, 1, last) ==
        "an own convolution of something other than pictures");
}
