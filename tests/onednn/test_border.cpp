// Convolutions whose padding reads a value per channel, against the reference in every geometry.
#include "region_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::vector<Padding> paddings{{Padding::Mode::given, Spatial(1), Spatial(1)},
                                    {Padding::Mode::given, Spatial(3), Spatial(0)},
                                    {Padding::Mode::given, Spatial(0), Spatial(2)},
                                    {Padding::Mode::same, Spatial(0), Spatial(0)},
                                    {Padding::Mode::same_lower, Spatial(0), Spatial(0)}};

Conv bordered(std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t groups,
              const Padding& padding) {
  Conv conv;
  conv.out = 16;
  conv.kernel = Spatial(kernel), conv.stride = Spatial(stride), conv.dilation = Spatial(dilation);
  conv.groups = groups;
  conv.padding = padding;
  conv.bias = true;
  conv.pad_value = true;
  return conv;
}

/// Whether some window has no tap in the picture.
bool has_empty_windows(const Conv& conv, const Shape& input) {
  for (const Window& w : windows(conv, input)) {
    for (std::int64_t at = 0; at < w.output; ++at) {
      bool inside = false;
      for (std::int64_t tap = 0; tap < w.kernel; ++tap) {
        const std::int64_t place = at * w.stride - w.pad_begin + tap * w.dilation;
        inside = inside || (place >= 0 && place < w.input);
      }
      if (!inside) return true;
    }
  }
  return false;
}

/// conv, or conv + skip -> ReLU, as one region, slow implementations allowed. The latter is refused where a window
/// reads nothing but padding: oneDNN leaves the bias out of a sum there.
void check(const Device& device, const Shape& input, const Conv& conv, bool residual, Layout layout) {
  Net net;
  const ValueId x = net.input("x", input);
  ValueId y = net.add("conv", conv, {x});
  if (residual) {
    const Shape shape = infer_types(net.graph)[static_cast<std::size_t>(y)].shape;
    y = net.add("relu", Activation{}, {net.add("add", Binary{BinaryKind::add}, {net.input("skip", shape), y})});
  }
  net.graph.add_output("z", y);
  const std::string expected =
      residual && has_empty_windows(conv, input) ? "an activation right behind padding other than zero" : "";
  CHECK(check_region(device, net, {std::vector<Layout>(net.graph.inputs.size(), layout), {layout}}, 5e-6, true) ==
        expected);
}

}  // namespace

TEST_CASE("a convolution that pads with values per channel agrees with the reference in every geometry") {
  const auto device = cpu::device({.threads = 2});
  for (const Shape& input : {Shape{2, 16, 11}, Shape{2, 16, 9, 12}, Shape{1, 16, 7, 8, 6}}) {
    for (const Layout layout : layouts_of(*device, input)) {
      for (const std::int64_t stride : {1, 2}) {
        for (const std::int64_t dilation : {1, 2}) {
          for (const std::int64_t groups : {1, 2, 16}) {
            for (const Padding& padding : paddings) {
              if (input.rank() == 5 && (groups == 2 || layout == Layout::plain))
                continue;  // slow, and no more to learn
              CAPTURE(input.str());
              CAPTURE(name_of(layout));
              CAPTURE(stride);
              CAPTURE(dilation);
              CAPTURE(groups);
              check(*device, input, bordered(3, stride, dilation, groups, padding), stride == 2, layout);
            }
          }
        }
      }
    }
  }
}

TEST_CASE("windows that lie wholly in the padding read nothing else") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : convolution_layouts(*device)) {
    for (const bool residual : {false, true}) {
      check(*device, {2, 16, 3, 2}, bordered(2, 3, 1, 1, {Padding::Mode::given, Spatial(5), Spatial(4)}), residual,
            layout);
      check(*device, {1, 16, 1, 1}, bordered(5, 1, 1, 16, {Padding::Mode::given, Spatial(2), Spatial(2)}), residual,
            layout);
    }
  }
}

TEST_CASE("a border larger than one piece of work is written whole by several threads") {
  const auto device = cpu::device({.threads = 2});
  for (const Layout layout : convolution_layouts(*device)) {
    for (const bool residual : {false, true}) {
      check(*device, {1, 16, 70, 40}, bordered(3, 1, 1, 16, paddings[0]), residual, layout);
    }
  }
}

TEST_CASE("an activation right behind the border, which the library's convolutions add last, is refused") {
  const auto device = library_device(1);
  Net net;
  const ValueId y = net.add("conv", bordered(3, 1, 1, 1, paddings[0]), {net.input("x", {1, 16, 9, 7})});
  net.graph.add_output("z", net.add("relu", Activation{}, {y}));
  CHECK(check_region(*device, net, {{Layout::channels_last}, {Layout::channels_last}}) ==
        "an activation right behind padding other than zero");
}

TEST_CASE("padding that reads zero, or is not there, needs no border") {
  const auto device = cpu::device({.threads = 1});
  const auto implementation = [&](const Conv& conv, bool zero) {
    Net net;
    const ValueId y = net.add("conv", conv, {net.input("x", {1, 16, 9, 7})});
    if (zero) net.graph.set_param(0, Slot::pad_value, Tensor::of<float>({16}, std::vector<float>(16, 0.0F)));
    net.graph.add_output("y", y);
    const auto types = infer_types(net.graph);
    const Layouts layouts{{Layout::channels_last}, {Layout::channels_last}};
    const Offers offers = offers_for(*device, region_of(net.graph, types, layouts));
    return std::get<std::vector<Offer>>(offers).at(0).implementation;
  };
  const Padding nowhere{Padding::Mode::given, Spatial(0), Spatial(0)};
  CHECK(implementation(bordered(3, 1, 1, 1, paddings[0]), false).starts_with("border+"));
  CHECK_FALSE(implementation(bordered(3, 1, 1, 1, paddings[0]), true).starts_with("border+"));
  CHECK_FALSE(implementation(bordered(3, 1, 1, 1, nowhere), false).starts_with("border+"));
}
