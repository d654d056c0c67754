// Equal neurons become one, and the network computes what it did.
#include "tests/prune/exact.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
const Shape image{2, 3, 8, 8};

std::int64_t left(const PruneReport& report, const GraphBuilder& net, ValueId layer) {
  return row(report, name_of_maker(net, layer)).after;
}
}  // namespace

TEST_CASE("neurons that are equal with the norm behind them are merged, though their weights differ") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 8, 3, 1, 1, 1, true);
  const ValueId norm = net.bn(conv);
  net.classifier(net.relu(net.conv(net.relu(norm), 6)));
  copy_channel(net, conv, 2, 5);
  copy_channel(net, norm, 2, 5);
  // Channel 5: twice the weights of channel 2, and half the scale.
  const auto twice = [&](ValueId value, Slot slot, double factor, std::size_t width) {
    std::vector<double> values = net.graph.param(net.producer(value), slot)->to_vector<double>();
    for (std::size_t i = 5 * width; i < 6 * width; ++i) values[i] *= factor;
    net.set(value, slot, values);
  };
  twice(conv, Slot::weight, 2, 27), twice(conv, Slot::bias, 2, 1), twice(norm, Slot::mean, 2, 1);
  twice(norm, Slot::weight, 0.5, 1);
  const PruneReport report = check_exact(net, image);
  CHECK(left(report, net, conv) == 7);
  CHECK(row(report, name_of_maker(net, conv)).error < 1e-12);
  CHECK(report.removed() == 1);
}

TEST_CASE("a norm without gamma and beta takes the shift") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 6);
  const ValueId norm = net.add(BatchNorm{1e-3, false}, {conv});
  net.classifier(net.relu(norm));
  copy_channel(net, conv, 0, 3), copy_channel(net, norm, 0, 3);
  CHECK(left(check_exact(net, image), net, conv) == 5);
}

TEST_CASE("a norm of its own, before the layers, is merged too") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 6);
  const ValueId norm = net.bn(net.relu(conv));
  net.classifier(net.relu(norm));
  copy_channel(net, conv, 1, 4);
  SUBCASE("where its channels are equal") {
    copy_channel(net, norm, 1, 4);
    CHECK(left(check_exact(net, image), net, conv) == 5);
  }
  SUBCASE("and keeps neurons apart where they are not") {
    Graph graph = net.graph;
    CHECK_THROWS_WITH_AS((void)prune(graph, {}, {.distance = 1e-12}), doctest::Contains("no two neurons are within"),
                         Error);
  }
}

TEST_CASE("layers that are added shrink together, if they may") {
  GraphBuilder net;
  const ValueId first = net.conv(net.input(image), 6), inner = net.conv(net.relu(net.bn(first)), 6, 1);
  const ValueId norm = net.bn(net.sum({first, inner}));
  net.classifier(net.relu(norm));
  for (const ValueId value : {first, inner, norm}) copy_channel(net, value, 0, 5);
  const ValueId first_norm = net.graph.node(net.graph.value(first).producer + 1).outputs[0];
  copy_channel(net, first_norm, 0, 5);
  const PruneReport report = check_exact(net, image, true);
  CHECK(left(report, net, first) == 5);
  CHECK(left(report, net, inner) == 5);
  CHECK(row(report, name_of_maker(net, inner)).shared == std::vector{name_of_maker(net, first)});
}

TEST_CASE("concatenations and splits keep the channels' places") {
  GraphBuilder net;
  const ValueId x = net.input(image);
  const ValueId a = net.conv(x, 5), b = net.conv(x, 7);
  const ValueId both = net.concat({a, b});
  Split split;
  split.parts = 2;
  const ValueId front = net.add(split, {both});
  const ValueId back = net.producer(front).outputs[1];
  net.output(net.conv(net.relu(both), 3, 1), "whole");
  net.output(net.conv(net.relu(front), 3, 1), "front");
  net.output(net.conv(back, 3, 1), "back");
  copy_channel(net, a, 0, 3);
  copy_channel(net, b, 0, 1);  // b's first is in front, its second behind: other readers
  copy_channel(net, b, 2, 6);
  const PruneReport report = check_exact(net, image);
  CHECK(left(report, net, a) == 4);
  CHECK(left(report, net, b) == 6);
}

TEST_CASE("depthwise convolutions pass neurons on") {
  for (const std::int64_t groups : {std::int64_t{0}, std::int64_t{8}}) {
    GraphBuilder net;
    const ValueId conv = net.conv(net.input(image), 8, 1), norm = net.bn(conv);
    const ValueId depthwise = net.conv(net.relu(norm), 8, 3, 1, 1, groups, true), second = net.bn(depthwise);
    net.classifier(net.relu(net.conv(net.relu(second), 5, 1)));
    for (const ValueId value : {conv, norm, depthwise, second})
      copy_channel(net, value, 7, 2), copy_channel(net, value, 7, 0);
    const PruneReport report = check_exact(net, image);
    CHECK(left(report, net, conv) == 6);
    CHECK(left(report, net, depthwise) == 6);
  }
}

TEST_CASE("features of a flattened picture go in blocks") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 5, 3, 2);
  const ValueId flat = net.add(Reshape{{0, 5 * 16}}, {net.relu(net.bn(conv))});
  const ValueId hidden = net.dense(flat, 7);
  net.output(net.dense(net.relu(hidden), 4));
  const ValueId norm = net.graph.node(net.graph.value(conv).producer + 1).outputs[0];
  copy_channel(net, conv, 1, 2), copy_channel(net, norm, 1, 2), copy_channel(net, hidden, 0, 6);
  const PruneReport report = check_exact(net, image);
  CHECK(left(report, net, conv) == 4);
  CHECK(left(report, net, hidden) == 6);
}

TEST_CASE("channels that a shortcut pads with are constants") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 4), wide = net.conv(net.relu(conv), 8, 3, 2);
  Slice slice{{2, 3}, {0, 0}, {Slice::to_end, Slice::to_end}, {2, 2}};
  Pad pad;
  pad.padding.begin = Spatial(Ints{2, 0, 0}), pad.padding.end = Spatial(Ints{2, 0, 0});
  const ValueId padded = net.add(pad, {net.add(slice, {net.relu(conv)})});
  net.classifier(net.relu(net.sum({wide, padded})));
  copy_channel(net, conv, 0, 3), copy_channel(net, wide, 2, 5);  // through all of the shortcut
  copy_channel(net, wide, 1, 6);                                 // before and behind it
  const PruneReport report = check_exact(net, image, true);
  CHECK(left(report, net, conv) == 3);
  CHECK(left(report, net, wide) == 6);
}

TEST_CASE("gates, slopes, bounds and constants per channel belong to the neuron") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 6, 3, 1, 1, 1, true);
  const ValueId slopes = net.add(PRelu{}, {conv}), bounds = net.add(Clamp{}, {slopes});
  const ValueId affine = net.add(Affine{}, {bounds}), constant = net.add(Constant{{6, 1, 1}, DType::f32}, {});
  const ValueId shifted = net.sum({affine, constant});
  const ValueId squeezed = net.conv(net.add(GlobalPool{}, {shifted}), 3, 1);
  const ValueId gate = net.conv(net.relu(squeezed), 6, 1, 1, 0, 1, true);
  const ValueId gated =
      net.add(Binary{BinaryKind::mul}, {shifted, net.add(Activation{ActivationKind::sigmoid}, {gate})});
  net.classifier(net.conv(gated, 5, 1));
  for (const ValueId value : {conv, slopes, bounds, affine, constant, gate}) copy_channel(net, value, 4, 1);
  copy_channel(net, squeezed, 0, 2);
  const PruneReport report = check_exact(net, image, true);
  CHECK(left(report, net, conv) == 5);
  CHECK(left(report, net, gate) == 5);
  CHECK(left(report, net, squeezed) == 2);
}

TEST_CASE("transposed convolutions, plain and depthwise") {
  GraphBuilder net;
  ConvTranspose up;
  up.out = 6, up.kernel = 2, up.stride = 2, up.bias = true;
  const ValueId conv = net.conv(net.input(image), 5), wide = net.add(up, {net.relu(conv)});
  up.groups = 6;
  const ValueId depthwise = net.add(up, {net.relu(wide)});
  net.output(net.conv(depthwise, 2, 1));
  copy_channel(net, conv, 0, 4), copy_channel(net, wide, 1, 3);
  // Its weights stand by input channel, which is the output channel here.
  const std::size_t taps = 4;
  std::vector<double> weights = net.graph.param(net.producer(depthwise), Slot::weight)->to_vector<double>();
  std::copy_n(weights.begin() + taps, taps, weights.begin() + 3 * taps);
  net.set(depthwise, Slot::weight, weights);
  std::vector<double> bias = net.graph.param(net.producer(depthwise), Slot::bias)->to_vector<double>();
  bias[3] = bias[1];
  net.set(depthwise, Slot::bias, bias);
  const PruneReport report = check_exact(net, image);
  CHECK(left(report, net, conv) == 4);
  CHECK(left(report, net, wide) == 5);
}

TEST_CASE("padding values are the reader's of each neuron") {
  GraphBuilder net;
  const ValueId conv = net.conv(net.input(image), 5);
  Conv padded;
  padded.out = 4, padded.kernel = 3, padded.padding.begin = padded.padding.end = 1, padded.pad_value = true;
  const ValueId reader = net.add(padded, {net.relu(conv)});
  net.classifier(reader);
  copy_channel(net, conv, 0, 1), copy_channel(net, conv, 0, 2);
  std::vector<double> values = net.graph.param(net.producer(reader), Slot::pad_value)->to_vector<double>();
  values[2] = values[0];  // channel 1 is padded with another value, and stays
  net.set(reader, Slot::pad_value, values);
  CHECK(left(check_exact(net, image), net, conv) == 4);
}

TEST_CASE("neurons become equal when what they read has been merged") {
  GraphBuilder net;
  const ValueId first = net.conv(net.input(image), 4), second = net.conv(net.relu(first), 3, 1);
  net.classifier(net.relu(second));
  copy_channel(net, first, 0, 1);
  // Neuron 0 reads the first of the twins as much as neuron 2 reads the second.
  std::vector<double> weights(12, 0.5);
  weights[0] = 1.5, weights[1] = 0.25, weights[8] = 0.25, weights[9] = 1.5, weights[4] = -2;
  net.set(second, Slot::weight, weights);
  const PruneReport report = check_exact(net, image);
  CHECK(left(report, net, first) == 3);
  CHECK(left(report, net, second) == 2);
}

TEST_CASE("weights that two layers share are each layer's own when one of them shrinks") {
  GraphBuilder net;
  const ValueId x = net.input(image), a = net.conv(x, 4), b = net.conv(x, 4);
  net.producer(b).params = net.producer(a).params;
  net.classifier(net.relu(a));
  net.output(b, "kept");
  copy_channel(net, a, 0, 1);
  const PruneReport report = [&] {
    Graph pruned = net.graph;
    PruneReport done = prune(pruned, {}, {.distance = 0.0});
    CHECK(difference(net.graph, pruned, image) < 1e-9);
    return done;
  }();
  CHECK(left(report, net, a) == 3);
  CHECK(left(report, net, b) == 4);
}
