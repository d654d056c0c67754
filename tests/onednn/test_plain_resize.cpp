// The own resize of plain pictures, compiled for every instruction set that this processor has, against the float64
// reference.
#include "own_way.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Resize linear(std::vector<double> scale, Coordinates coordinates) {
  Resize op;
  op.scale = std::move(scale);
  op.mode = ResizeMode::linear;
  op.coordinates = coordinates;
  return op;
}

Net net_of(const Resize& op, const Shape& input) {
  Net net;
  net.graph.add_output("z", net.add("up", op, {net.input("x", input)}));
  return net;
}

std::string refusal(const Resize& op, const Shape& input, Layout layout) {
  return refusal_of(cpu::plain_resize, net_of(op, input), layout, layout, cpu::Isa::avx2);
}

}  // namespace

TEST_CASE("own linear resizes of every scale and width") {
  const auto device = cpu::device({.threads = 2});
  for (const Coordinates coordinates : {Coordinates::half_pixel, Coordinates::align_corners, Coordinates::asymmetric}) {
    for (const double scale : {2.0, 2.5, 4.0, 8.0}) {
      for (const Shape& input : {Shape{1, 3, 9, 40}, Shape{2, 5, 4, 17}, Shape{1, 2, 3, 16}, Shape{1, 19, 1, 1},
                                 Shape{1, 2, 7, 3}, Shape{2, 3, 21}}) {
        CAPTURE(static_cast<int>(coordinates));
        CAPTURE(scale);
        CAPTURE(input.str());
        Net net = net_of(linear(std::vector<double>(input.rank() - 2, scale), coordinates), input);
        for (const cpu::Isa isa : instruction_sets())
          check_way(*device, cpu::Machine{2, isa}, cpu::plain_resize, net, Layout::plain, Layout::plain);
      }
    }
  }
}

TEST_CASE("own linear resizes enlarge rows, whatever becomes of columns") {
  const auto device = cpu::device({.threads = 2});
  for (const double rows : {0.4, 1.0, 3.0}) {
    Net net = net_of(linear({rows, 3}, Coordinates::half_pixel), {1, 3, 10, 13});
    for (const cpu::Isa isa : instruction_sets())
      check_way(*device, cpu::Machine{2, isa}, cpu::plain_resize, net, Layout::plain, Layout::plain);
  }
}

TEST_CASE("what the own resizes do not compute they refuse") {
  const Shape x{1, 3, 40, 40};
  const Resize twice = linear({2, 2}, Coordinates::half_pixel);
  CHECK(refusal(twice, x, Layout::plain).empty());
  Resize nearest = twice;
  nearest.mode = ResizeMode::nearest;
  CHECK(refusal(nearest, x, Layout::plain) == "a resize other than linear");
  CHECK(refusal(twice, x, Layout::channels_last) == "an own resize in another layout than plain");
  CHECK(refusal(linear({2, 0.5}, Coordinates::half_pixel), x, Layout::plain) == "a resize that does not enlarge");
}
