// What each op lets through: one net per row of the table, with what must fold and what must not.
#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr Blocker folds = Blocker::none;

/// Folds the only norm of a net and checks the answer and the verdict.
void expect(const Graph& graph, Blocker blocker, Method method = Method::banoff) {
  const Outcome outcome = fold_with(graph, method);
  INFO(outcome.report.norms.front().reason);
  CHECK(outcome.report.folded() == (blocker == folds ? 1 : 0));
  CHECK(name_of(outcome.report.norms.front().blocker) == name_of(blocker));
  CHECK(outcome.error < 1e-9);
}

/// conv, the op, then a norm that would have to go back through the op.
template <class Make>
Graph behind(Make&& make, bool positive = false, std::int64_t channels = 4) {
  GraphBuilder net(11);
  net.positive_gamma = positive;
  const ValueId x = make(net, net.conv(net.input({1, 3, 8, 8}), channels));
  net.output(net.relu(net.bn(x)));
  return net.graph;
}

}  // namespace

TEST_CASE("average pools pass a shift unless they count padding") {
  const auto pooled = [](std::int64_t padding, bool count_pad) {
    return behind([=](GraphBuilder& net, ValueId x) { return net.pool(PoolKind::avg, x, 3, 2, padding, count_pad); });
  };
  expect(pooled(1, false), folds);
  expect(pooled(0, true), folds);
  expect(pooled(1, true), Blocker::padding);
}

TEST_CASE("adaptive pooling averages each channel and passes everything, for the naive method too") {
  const auto pooled = [](Ints size) {
    return behind([=](GraphBuilder& net, ValueId x) { return net.add(AdaptiveAvgPool{Spatial(size)}, {x}); });
  };
  expect(pooled({3, 5}), folds);
  expect(pooled({1}), folds);
  expect(pooled({3, 5}), folds, Method::naive);
}

TEST_CASE("max-pools pass a positive scale with any shift, a window of one any scale") {
  const auto pooled = [](std::int64_t kernel, bool positive) {
    return behind([=](GraphBuilder& net, ValueId x) { return net.pool(PoolKind::max, x, kernel, 2, kernel / 2); },
                  positive);
  };
  expect(pooled(3, true), folds);
  expect(pooled(3, false), Blocker::sign);
  expect(pooled(1, false), folds);
}

TEST_CASE("resizing and edge padding pass everything, zero padding no shift") {
  for (const ResizeMode mode : {ResizeMode::nearest, ResizeMode::linear}) {
    Resize resize;
    resize.scale = {2.0}, resize.mode = mode;
    expect(behind([&](GraphBuilder& net, ValueId x) { return net.add(resize, {x}); }), folds);
  }
  Pad pad;
  pad.padding.begin = pad.padding.end = Spatial(Ints{1, 1});
  expect(behind([&](GraphBuilder& net, ValueId x) { return net.add(pad, {x}); }), Blocker::padding);
  pad.mode = PadMode::edge;
  expect(behind([&](GraphBuilder& net, ValueId x) { return net.add(pad, {x}); }), folds);
  pad.mode = PadMode::constant, pad.pad_value = true;
  expect(behind([&](GraphBuilder& net, ValueId x) { return net.add(pad, {x}); }), folds);
}

TEST_CASE("a conv that pads with values of its own takes a forward shift") {
  GraphBuilder net;
  Conv op;
  op.out = 4, op.kernel = 3, op.padding.begin = op.padding.end = 1, op.pad_value = true;
  net.output(net.add(op, {net.bn(net.relu(net.input({1, 3, 6, 6})))}));
  expect(net.graph, folds);
}

TEST_CASE("a transposed conv takes a forward scale, and a shift only where every output sees one input") {
  for (const std::int64_t kernel : {1, 3}) {
    GraphBuilder net;
    ConvTranspose op;
    op.out = 5, op.kernel = kernel;
    net.output(net.add(op, {net.bn(net.relu(net.input({1, 3, 6, 6})))}));
    expect(net.graph, kernel == 1 ? folds : Blocker::padding);
  }
}

TEST_CASE("channels are followed through concat, split, slice, shuffle, transpose and reshape") {
  expect(behind([](GraphBuilder& net, ValueId x) {
           return net.concat({x, net.conv(x, 3), net.conv(x, 2, 1)});
         }),
         Blocker::padding);
  expect(behind([](GraphBuilder& net, ValueId x) {
           const ValueId y = net.relu(x);
           return net.concat({net.conv(y, 3), net.conv(y, 2, 1), net.conv(y, 1)});
         }),
         folds);
  expect(behind([](GraphBuilder& net, ValueId x) { return net.add(ChannelShuffle{2}, {x}); }), folds);
  expect(behind([](GraphBuilder& net, ValueId x) { return net.add(Slice{{1}, {1}, {3}, {1}}, {x}); }), folds);
  expect(behind([](GraphBuilder& net, ValueId x) {
           const ValueId first = net.add(Split{1, {1, 3}, 0}, {x});
           const ValueId second = net.producer(first).outputs[1];
           return net.concat({second, first});
         }),
         folds);
  expect(behind([](GraphBuilder& net, ValueId x) {
           const ValueId split = net.add(Reshape{{1, 2, 2, 8, 8}}, {x});
           return net.add(Reshape{{1, 4, 8, 8}}, {net.add(Transpose{{0, 2, 1, 3, 4}}, {split})});
         }),
         folds);
  expect(behind([](GraphBuilder& net, ValueId x) {
           const ValueId last = net.add(Transpose{{0, 2, 3, 1}}, {x});
           return net.add(Transpose{{0, 3, 1, 2}}, {net.dense(last, 5)});
         }),
         folds);
}

TEST_CASE("one tensor concatenated with itself cannot serve two channels of a norm with different scales") {
  expect(behind([](GraphBuilder& net, ValueId x) { return net.concat({x, x}); }), Blocker::conflict);
}

TEST_CASE("a norm folds forward into a dense layer over flattened maps: each channel covers all of its pixels") {
  GraphBuilder net;
  net.output(net.dense(net.add(Flatten{}, {net.bn(net.relu(net.input({2, 3, 4, 5})))}), 6));
  expect(net.graph, folds);
  expect(net.graph, folds, Method::naive);
}

TEST_CASE(
    "a norm folds forward into the dense layer that makes the gates of a recurrent one, which lets none through") {
  for (const CellKind kind : {CellKind::rnn, CellKind::gru, CellKind::lstm}) {
    Recurrent cells;
    cells.kind = kind, cells.hidden = 6, cells.direction = Direction::bidirectional;
    const auto layer = [&](GraphBuilder& net, ValueId sequence) {
      return net.add(cells, {net.dense(sequence, 2 * cells.gates() * cells.hidden, kind == CellKind::rnn)});
    };
    GraphBuilder before;
    const ValueId x = before.bn(before.input({2, 5, 4}));
    before.output(layer(before, before.add(Transpose{{2, 0, 1}}, {x})));
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) expect(before.graph, folds, method);
    GraphBuilder behind;
    const ValueId states = layer(behind, behind.input({4, 2, 5}));
    behind.output(behind.relu(behind.bn(behind.add(Transpose{{2, 3, 0, 1}}, {states}))));
    expect(behind.graph, Blocker::unsupported_op);
  }
}

TEST_CASE("a norm over flattened pixels does not fold into the conv before: pixels of one channel scale apart") {
  expect(behind([](GraphBuilder& net, ValueId x) { return net.add(Flatten{}, {x}); }), Blocker::conflict);
}

TEST_CASE("a gate passes the scale of what it multiplies, never a shift") {
  const auto gated = [](bool shifted) {
    GraphBuilder net;
    const ValueId x = net.conv(net.input({1, 3, 6, 6}), 4);
    const ValueId gate =
        net.add(Activation{ActivationKind::sigmoid}, {net.conv(net.add(GlobalPool{}, {net.relu(x)}), 4)});
    const ValueId y = net.add(Binary{BinaryKind::mul}, {net.conv(net.relu(x), 4), gate});
    const ValueId z = net.bn(y);
    if (!shifted) {
      net.set(z, Slot::mean, {0, 0, 0, 0});
      net.set(z, Slot::bias, {0, 0, 0, 0});
    }
    net.output(net.relu(z));
    return net.graph;
  };
  expect(gated(false), folds);
  expect(gated(true), Blocker::product);
}

TEST_CASE("a norm folds into another norm or a per-channel affine next to it") {
  expect(behind([](GraphBuilder& net, ValueId x) { return net.add(Affine{}, {net.relu(x)}); }), folds);
  GraphBuilder net;
  net.output(net.relu(net.bn(net.bn(net.relu(net.input({1, 3, 4, 4}))))));
  const Outcome outcome = fold_with(net.graph, Method::banoff);
  CHECK(outcome.report.folded() == 1);
  CHECK(outcome.error < 1e-9);
}

TEST_CASE("a constant added to a stream moves with it, a scalar one holds it") {
  expect(behind([](GraphBuilder& net, ValueId x) { return net.sum({x, net.add(Constant{{1, 4, 1, 1}}, {})}); }), folds);
  expect(behind([](GraphBuilder& net, ValueId x) {
           return net.sum({x, net.add(Constant{{1}}, {})});
         }),
         Blocker::unsupported_op);
}

TEST_CASE("differences carry the shift with the right sign") {
  for (const std::size_t read : {std::size_t{0}, std::size_t{1}}) {
    GraphBuilder net;
    const ValueId image = net.input({1, 3, 6, 6});
    const ValueId a = net.conv(image, 4);
    const ValueId b = net.conv(image, 4);
    const ValueId difference = net.add(Binary{BinaryKind::sub}, {a, b});
    net.output(net.relu(net.bn(difference)), "x");
    net.output(net.relu(net.conv(read == 0 ? a : b, 2)), "padded");  // this one cannot be shifted, so the other is
    expect(net.graph, folds);
  }
}

TEST_CASE("a tensor added to itself is scaled once and shifted by half") {
  expect(behind([](GraphBuilder& net, ValueId x) { return net.sum({x, x}); }), folds);
}

TEST_CASE("3-D and 1-D convs fold too") {
  for (const Shape& shape : {Shape{1, 3, 9}, Shape{1, 3, 4, 5, 6}}) {
    GraphBuilder net;
    net.output(net.relu(net.bn(net.conv(net.input(shape), 4, 3))));
    expect(net.graph, folds);
    expect(net.graph, folds, Method::naive);
  }
}
