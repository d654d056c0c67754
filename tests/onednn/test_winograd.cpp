// Convolutions by Winograd's filtering, for both instruction sets and in every layout, against the float64 reference.
#include <fmt/format.h>

#include <set>

#include "instruction_sets.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/winograd.hpp"
#include "region_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Their errors, relative to a layer's largest output, stay below this: the promise of DeviceOptions.
constexpr double bound = 1e-5;

struct Sizes {
  std::int64_t images, in, out, height, width;
  Spatial begin{1}, end{1};
  Spatial taps{3};
  bool values = false;  ///< by channel, in the padding
};

Conv conv_of(const Sizes& s) {
  Conv conv = conv3x3(s.out);
  conv.kernel = s.taps;
  conv.padding = {Padding::Mode::given, s.begin, s.end};
  conv.pad_value = s.values;
  return conv;
}

struct ConvNet : Net {
  explicit ConvNet(const Sizes& s, bool residual = false, const std::vector<Op>& behind = {}) {
    ValueId y = add("conv", conv_of(s), {input("x", {s.images, s.in, s.height, s.width})});
    const Shape shape = infer_types(graph)[static_cast<std::size_t>(y)].shape;
    if (residual) y = add("sum", Binary{BinaryKind::add}, {input("skip", shape), y});
    for (std::size_t i = 0; i < behind.size(); ++i) y = add(fmt::format("op{}", i), behind[i], {y});
    graph.add_output("y", y);
  }
};

/// The error of Winograd's offer on this machine, in these layouts, relative to the convolution's largest output: what
/// bounds cut away counts.
double error_of(const Device& device, const cpu::Machine& machine, Net& net, Layout from, Layout to) {
  const auto types = infer_types(net.graph);
  std::vector<Layout> inputs{from};
  if (net.graph.inputs.size() > 1) inputs.push_back(to);
  const Region region = region_of(net.graph, types, {inputs, {to}});
  const auto kernel = make_kernel(cpu::winograd(machine, region));
  CHECK(kernel->implementation() == "loop:winograd");
  const auto got = run(device, *kernel, region, net.inputs);
  const ValueId sums = net.graph.node(0).outputs[0];
  const auto expected =
      reference::run<double>(net.graph, net.inputs, [&](ValueId v) { return v == sums || v == region.outputs[0]; });
  const auto largest = [&](ValueId v) {
    double most = 0;
    for (const double value : expected.at(v).to_vector<double>()) most = std::max(most, std::abs(value));
    return most;
  };
  const double error = distance(got[0], expected.at(region.outputs[0]).to_vector<double>());
  return error * largest(region.outputs[0]) / largest(sums);
}

std::string text(const Sizes& s) {
  return fmt::format("{}x{}x{}x{} -> {}, {} by {} taps, padding {},{} to {},{}", s.images, s.in, s.height, s.width,
                     s.out, s.taps.at(0), s.taps.at(1), s.begin.at(0), s.begin.at(1), s.end.at(0), s.end.at(1));
}

}  // namespace

TEST_CASE("the tiles of a dimension are split for the fewest elements") {
  const auto split = [](std::int64_t outputs, int taps = 3) {
    const cpu::TileSplit s = cpu::split_tiles(outputs, taps);
    return std::pair(s.whole, s.threes);
  };
  CHECK(split(1) == std::pair<std::int64_t, std::int64_t>(0, 1));
  CHECK(split(4) == std::pair<std::int64_t, std::int64_t>(1, 0));
  CHECK(split(6) == std::pair<std::int64_t, std::int64_t>(0, 2));
  CHECK(split(7) == std::pair<std::int64_t, std::int64_t>(1, 1));
  CHECK(split(14) == std::pair<std::int64_t, std::int64_t>(2, 2));
  CHECK(split(17) == std::pair<std::int64_t, std::int64_t>(2, 3));
  CHECK(split(56) == std::pair<std::int64_t, std::int64_t>(14, 0));
  CHECK(split(17, 7) == std::pair<std::int64_t, std::int64_t>(5, 0));
  CHECK(split(17, 1) == std::pair<std::int64_t, std::int64_t>(17, 0));
}

TEST_CASE("Winograd's convolutions are right for sizes, channels and paddings of all kinds") {
  const auto device = cpu::device({.threads = 2});
  const std::vector<Sizes> sizes{
      {1, 16, 32, 12, 16},                        // whole tiles
      {1, 16, 16, 14, 14},                        // of both kinds
      {2, 24, 40, 7, 7},                          // images in one block
      {1, 5, 3, 9, 11},                           // less than a vector
      {1, 33, 50, 13, 5},                         // a vector begun, and a group
      {1, 17, 20, 1, 1},                          // tiles cut off on all sides
      {2, 16, 24, 2, 37},                         // several blocks of columns
      {1, 8, 8, 5, 8, Spatial(0), Spatial(0)},    // no padding
      {1, 20, 18, 6, 7, Spatial(2), Spatial(2)},  // windows in the padding alone
      {1, 16, 16, 8, 9, Spatial(Ints{0, 2}), Spatial(Ints{1, 0})},
      {1, 12, 16, 10, 10, Spatial(Ints{2, 1}), Spatial(Ints{0, 2})},
      {1, 16, 16, 70, 66},  // several blocks of rows
      {1, 100, 40, 7, 8},   // so few tiles that weights are expanded: of all kinds
      {1, 16, 20, 4, 16},
      {1, 33, 18, 7, 3},
      {1, 24, 16, 6, 6},
      {3, 70, 33, 3, 4},
      {1, 40, 33, 11, 18, Spatial(2), Spatial(2), Spatial(5)},
      {2, 17, 16, 5, 6, Spatial(0), Spatial(Ints{1, 4}), Spatial(5)},
      {1, 16, 40, 17, 17, Spatial(Ints{0, 3}), Spatial(Ints{0, 3}), Spatial(Ints{1, 7})},
      {1, 33, 20, 17, 9, Spatial(Ints{3, 0}), Spatial(Ints{3, 0}), Spatial(Ints{7, 1})},
      {2, 16, 16, 8, 8, Spatial(Ints{0, 1}), Spatial(Ints{0, 1}), Spatial(Ints{1, 3})},
      {1, 20, 48, 7, 8, Spatial(Ints{1, 0}), Spatial(Ints{1, 0}), Spatial(Ints{3, 1})},
      {1, 16, 16, 3, 70, Spatial(Ints{0, 6}), Spatial(Ints{0, 2}), Spatial(Ints{1, 7})},
  };
  for (const Sizes& s : sizes) {
    for (const cpu::Isa isa : instruction_sets()) {
      for (const Layout from : vector_layouts(isa)) {
        for (const Layout to : vector_layouts(isa)) {
          for (const int threads : {1, 2}) {
            Sizes padded = s;
            padded.values = threads == 2;
            CAPTURE(text(s));
            CAPTURE(name_of(isa));
            CAPTURE(name_of(from));
            CAPTURE(name_of(to));
            ConvNet net(padded);
            CHECK(error_of(*device, {threads, isa}, net, from, to) < bound);
          }
        }
      }
    }
  }
}

TEST_CASE("sums, activations and values by channel follow Winograd's convolutions, and padding channels stay zero") {
  const auto device = cpu::device({.threads = 2});
  const std::vector<std::vector<Op>> rows{{Activation{}},
                                          {Activation{ActivationKind::sigmoid}},
                                          {Activation{ActivationKind::clip, -0.4, 0.5}},
                                          {Activation{ActivationKind::silu}, BatchNorm{}},
                                          {Activation{ActivationKind::hard_swish}, Affine{1, true, false}},
                                          {Activation{ActivationKind::hard_sigmoid, 0.2, 0.5}},
                                          {Clamp{}},
                                          {Clamp{1, true, false}, Affine{1, false, true}, Activation{}},
                                          {Kinked{}},
                                          {PRelu{}, Activation{ActivationKind::leaky_relu, 0.3}}};
  for (const Sizes& s : {Sizes{2, 16, 40, 10, 9}, Sizes{1, 9, 21, 5, 14}, Sizes{1, 16, 3, 1, 2}}) {
    for (const auto& behind : rows) {
      for (const cpu::Isa isa : instruction_sets()) {
        for (const Layout layout : vector_layouts(isa)) {
          for (const bool residual : {false, true}) {
            CAPTURE(text(s));
            CAPTURE(row_of(behind.front()).name);
            CAPTURE(name_of(isa));
            CAPTURE(name_of(layout));
            CAPTURE(residual);
            ConvNet net(s, residual, behind);
            CHECK(error_of(*device, {2, isa}, net, layout, layout) < bound);
          }
        }
      }
    }
  }
}

TEST_CASE("Winograd's errors, by layer, with activations and weights as networks have them") {
  const auto device = cpu::device({.threads = 2});
  for (const Sizes& s : {Sizes{1, 64, 16, 56, 56}, Sizes{1, 128, 16, 28, 28}, Sizes{1, 256, 16, 14, 14},
                         Sizes{1, 512, 32, 7, 7}, Sizes{1, 512, 16, 28, 28}, Sizes{1, 96, 16, 35, 35},
                         Sizes{1, 448, 16, 8, 8}, Sizes{1, 128, 32, 14, 14}, Sizes{1, 16, 16, 32, 32},
                         Sizes{1, 192, 32, 17, 17, Spatial(Ints{0, 3}), Spatial(Ints{0, 3}), Spatial(Ints{1, 7})},
                         Sizes{1, 192, 32, 17, 17, Spatial(Ints{3, 0}), Spatial(Ints{3, 0}), Spatial(Ints{7, 1})},
                         Sizes{1, 384, 32, 8, 8, Spatial(Ints{0, 1}), Spatial(Ints{0, 1}), Spatial(Ints{1, 3})},
                         Sizes{1, 48, 32, 35, 35, Spatial(2), Spatial(2), Spatial(5)}}) {
    ConvNet net(s);
    std::vector<float> values = net.inputs.at("x").to_vector<float>();
    for (float& value : values) value = std::max(value, 0.0F);  // behind a ReLU
    net.inputs.at("x") = Tensor::of<float>(net.inputs.at("x").shape(), values);
    for (const cpu::Isa isa : instruction_sets()) {
      const double error = error_of(*device, {2, isa}, net, Layout::channels_last, Layout::channels_last);
      CAPTURE(text(s));
      CHECK(error < bound);
      MESSAGE(fmt::format("{} {}: {:.2g}", text(s), name_of(isa), error));
    }
  }
}

TEST_CASE("exact convolutions are never Winograd's") {
  ConvNet net({1, 64, 64, 28, 28});
  const auto types = infer_types(net.graph);
  const Region region = region_of(net.graph, types, {{Layout::channels_last}, {Layout::channels_last}});
  const auto names = [&](bool exact) {
    std::set<std::string> found;
    const auto device = cpu::device({.threads = 1, .exact_convolutions = exact});
    const Offers offers = offers_for(*device, region, true);
    for (const Offer& offer : std::get<std::vector<Offer>>(offers)) found.insert(offer.implementation);
    return found;
  };
  CHECK(names(false).contains("loop:winograd"));
  CHECK(!names(true).contains("loop:winograd"));
}

TEST_CASE("Winograd's filtering is offered where there are transforms for the taps") {
  const auto reason = [&](const Conv& conv, Layout layout = Layout::channels_last,
                          cpu::Isa isa = cpu::Isa::avx2) -> std::string {
    const cpu::Machine machine{1, isa};
    Net net;
    net.graph.add_output("y", net.add("conv", conv, {net.input("x", {1, 16, 9, 9})}));
    const auto types = infer_types(net.graph);
    try {
      static_cast<void>(cpu::winograd(machine, region_of(net.graph, types, {{layout}, {layout}})));
    } catch (const Refused& refused) {
      return refused.reason;
    }
    return "";
  };
  const auto changed = [](auto&& change) {
    Conv conv = conv3x3(16);
    change(conv);
    return conv;
  };
  CHECK(reason(conv3x3(16)) == "");
  CHECK(reason(conv3x3(16), Layout::plain) == "a layout without vectors of channels");
  for (const cpu::Isa isa : {cpu::Isa::avx2, cpu::Isa::avx512, cpu::Isa::neon}) {
    for (const Layout layout : {Layout::blocked8, Layout::blocked16}) {
      CAPTURE(name_of(isa));
      const bool has = blocks_of({1, 16, 9, 9}, layout).lanes == cpu::lanes_of(isa);
      CHECK(reason(conv3x3(16), layout, isa) == (has ? "" : "a layout without vectors of channels"));
    }
  }
  CHECK(reason(changed([](Conv& c) { c.stride = Spatial(2); })) == "a stride or dilation other than 1");
  CHECK(reason(changed([](Conv& c) { c.dilation = Spatial(2); })) == "a stride or dilation other than 1");
  CHECK(reason(changed([](Conv& c) { c.kernel = Spatial(Ints{3, 5}); })) == "taps that there are no transforms for");
  CHECK(reason(changed([](Conv& c) { c.groups = 4; })) == "not a plain convolution of pictures");
  CHECK(reason(changed([](Conv& c) { c.padding.begin = Spatial(3); })) == "more padding than taps");
}
