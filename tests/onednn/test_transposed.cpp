// The own transposed convolutions, compiled for every instruction set that this processor has, against the float64
// reference.
#include "own_way.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Case {
  Shape input;
  std::int64_t out;
  Ints kernel, stride;
  Ints pad_begin{0, 0}, pad_end{0, 0};
  Ints output_padding{0, 0};
};

ConvTranspose transposed_of(const Case& each, bool bias) {
  ConvTranspose op;
  op.out = each.out;
  op.kernel = Spatial(each.kernel);
  op.stride = Spatial(each.stride);
  op.padding = {Padding::Mode::given, Spatial(each.pad_begin), Spatial(each.pad_end)};
  op.output_padding = Spatial(each.output_padding);
  op.bias = bias;
  return op;
}

void check_case(const Device& device, const Case& each, int tail) {
  CAPTURE(each.input.str());
  CAPTURE(each.out);
  CAPTURE(each.kernel[0]);
  CAPTURE(each.kernel[1]);
  CAPTURE(each.stride[0]);
  CAPTURE(each.stride[1]);
  CAPTURE(tail);
  Net net;
  const ValueId y = net.add("up", transposed_of(each, tail % 3 != 0), {net.input("x", each.input)});
  net.graph.add_output("z", followed_by(net, y, tail));
  for (const cpu::Isa isa : instruction_sets()) {
    const cpu::Machine machine{2, isa};
    for (const Layout layout : vector_layouts(isa)) check_way(device, machine, cpu::transposed, net, layout, layout);
  }
}

std::string refusal(const ConvTranspose& op, const Shape& input, Layout from, Layout to) {
  Net net;
  net.graph.add_output("z", net.add("up", op, {net.input("x", input)}));
  return refusal_of(cpu::transposed, net, from, to, cpu::Isa::avx2);
}

}  // namespace

TEST_CASE("own transposed convolutions of every kernel, stride, border and number of channels") {
  const auto device = cpu::device({.threads = 2});
  const std::vector<Case> cases{
      {{1, 16, 14, 14}, 16, {2, 2}, {2, 2}},
      {{2, 20, 5, 9}, 20, {2, 2}, {2, 2}},
      {{1, 24, 7, 7}, 1, {2, 2}, {2, 2}},
      {{1, 37, 3, 30}, 100, {2, 2}, {2, 2}},
      {{1, 16, 6, 5}, 21, {3, 3}, {3, 3}},
      {{1, 64, 9, 17}, 32, {4, 4}, {2, 2}, {1, 1}, {1, 1}},
      {{2, 21, 1, 1}, 21, {4, 4}, {2, 2}, {1, 1}, {1, 1}},
      {{1, 13, 1, 4}, 40, {4, 4}, {2, 2}, {2, 0}, {0, 3}},
      {{1, 32, 8, 7}, 24, {3, 3}, {2, 2}, {1, 1}, {1, 1}},
      {{1, 12, 8, 7}, 24, {3, 3}, {2, 2}, {1, 1}, {1, 1}, {1, 1}},
      {{1, 12, 6, 11}, 17, {3, 3}, {1, 1}, {1, 1}, {1, 1}},
      {{1, 16, 6, 4}, 48, {5, 5}, {3, 3}, {2, 4}, {1, 3}},
      {{1, 16, 4, 6}, 8, {2, 3}, {2, 1}, {0, 1}, {0, 1}},
      {{1, 16, 5, 4}, 18, {2, 2}, {2, 2}, {0, 0}, {0, 0}, {1, 1}},  // a row and a column without a tap
      {{1, 16, 5, 6}, 18, {2, 2}, {2, 2}, {0, 1}, {1, 0}},
      {{1, 16, 3, 3}, 9, {7, 1}, {4, 1}, {3, 0}, {6, 0}},
  };
  int tail = 0;
  for (const Case& each : cases) check_case(*device, each, tail++ % tails);
  for (tail = 0; tail < tails; ++tail) {
    check_case(*device, cases[1], tail);  // columns side by side, as many channels
    check_case(*device, cases[9], tail);
  }
  // More lines than are worked on at a time.
  check_case(*device, {{1, 8, 40, 61}, 12, {2, 2}, {2, 2}}, 1);
  check_case(*device, {{1, 260, 20, 23}, 50, {4, 4}, {2, 2}, {1, 1}, {1, 1}}, 1);
}

TEST_CASE("what the own transposed convolutions do not compute they refuse") {
  const Shape x{1, 16, 5, 5};
  const Layout last = Layout::channels_last;
  const ConvTranspose plain = transposed_of({x, 16, {2, 2}, {2, 2}}, true);
  CHECK(refusal(plain, x, last, last).empty());
  ConvTranspose op = plain;
  op.groups = 2;
  CHECK(refusal(op, x, last, last) == "groups in an own transposed convolution");
  op = plain;
  op.dilation = Spatial(2);
  CHECK(refusal(op, x, last, last) == "an own transposed convolution with its taps apart");
  op = plain;
  op.stride = Spatial(3);
  CHECK(refusal(op, x, last, last) == "a transposed convolution that leaves pixels without a tap");
  CHECK(refusal(plain, x, Layout::plain, last) == "an own transposed convolution in another layout");
  CHECK(refusal(plain, x, Layout::plain, Layout::plain) == "an own transposed convolution in another layout");
  CHECK(refusal(plain, x, last, Layout::blocked8) == "an own transposed convolution in another layout");
  CHECK(refusal(plain, x, Layout::blocked16, Layout::blocked16) == "an own transposed convolution in another layout");
  op = plain;
  op.kernel = op.stride = Spatial(2);
  op.padding = {};
  op.output_padding = Spatial(0);
  CHECK(refusal(op, {1, 16, 5}, last, last) == "an own transposed convolution of something other than pictures");
}
