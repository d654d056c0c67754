#include "tests/folding/nets.hpp"

namespace banoff::test {

Graph keras_resnet_v2(int depth, bool positive_gamma) {
  GraphBuilder net(static_cast<std::uint64_t>(depth));
  net.positive_gamma = positive_gamma;
  const auto conv = [&](ValueId x, std::int64_t out, std::int64_t kernel, std::int64_t stride = 1) {
    return net.conv(x, out, kernel, stride, -1, 1, true);
  };
  const int blocks = (depth - 2) / 9;
  std::int64_t width = 4;
  ValueId x = net.relu(net.bn(conv(net.input({1, 3, 16, 16}), width, 3)));
  for (int stage = 0; stage < 3; ++stage) {
    const std::int64_t out = stage == 0 ? width * 4 : width * 2;
    for (int block = 0; block < blocks; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      ValueId y = stage == 0 && block == 0 ? x : net.relu(net.bn(x));
      y = net.relu(net.bn(conv(y, width, 1, stride)));
      y = net.relu(net.bn(conv(y, width, 3)));
      y = conv(y, out, 1);
      if (block == 0) x = conv(x, out, 1, stride);
      x = net.sum({x, y});
    }
    width = out;
  }
  net.classifier(net.relu(net.bn(x)));
  return net.graph;
}

Graph keras_resnet_v1(int depth) {
  GraphBuilder net(static_cast<std::uint64_t>(depth));
  const int blocks = (depth - 2) / 6;
  std::int64_t width = 4;
  ValueId x = net.conv_bn_relu(net.input({1, 3, 16, 16}), width);
  for (int stage = 0; stage < 3; ++stage) {
    for (int block = 0; block < blocks; ++block) {
      const std::int64_t stride = stage > 0 && block == 0 ? 2 : 1;
      const ValueId y = net.bn(net.conv(net.conv_bn_relu(x, width, 3, stride), width));
      if (stride == 2) x = net.conv(x, width, 1, stride, 0, 1, true);
      x = net.relu(net.sum({x, y}));
    }
    width *= 2;
  }
  net.classifier(x);
  return net.graph;
}

Graph mobilenet() {
  GraphBuilder net(27);
  ValueId x = net.conv_bn_relu(net.input({1, 3, 32, 32}), 8, 3, 2);
  std::int64_t width = 8;
  for (const auto& [out, stride] : std::vector<std::pair<std::int64_t, std::int64_t>>{{8, 1},
                                                                                      {12, 2},
                                                                                      {12, 1},
                                                                                      {16, 2},
                                                                                      {16, 1},
                                                                                      {20, 2},
                                                                                      {20, 1},
                                                                                      {20, 1},
                                                                                      {20, 1},
                                                                                      {20, 1},
                                                                                      {20, 1},
                                                                                      {24, 2},
                                                                                      {24, 1}}) {
    x = net.conv_bn_relu(x, width, 3, stride, width);
    x = net.conv_bn_relu(x, out, 1);
    width = out;
  }
  net.classifier(x);
  return net.graph;
}

Graph resnet50() {
  GraphBuilder net(50);
  ValueId x = net.conv_bn_relu(net.input({1, 3, 32, 32}), 8, 7, 2);
  x = net.pool(PoolKind::max, x, 3, 2, 1);
  std::int64_t width = 4;
  for (const int blocks : {3, 4, 6, 3}) {
    for (int block = 0; block < blocks; ++block) {
      const std::int64_t stride = block == 0 && width > 4 ? 2 : 1;
      ValueId y = net.conv_bn_relu(x, width, 1);
      y = net.conv_bn_relu(y, width, 3, stride);
      y = net.bn(net.conv(y, width * 4, 1));
      if (block == 0) x = net.bn(net.conv(x, width * 4, 1, stride));
      x = net.relu(net.sum({x, y}));
    }
    width *= 2;
  }
  net.classifier(x);
  return net.graph;
}

Graph resnet50_v2(bool positive_gamma, bool pad_per_channel) {
  GraphBuilder net(502);
  net.positive_gamma = positive_gamma;
  const auto conv = [&](ValueId x, std::int64_t out, std::int64_t kernel, std::int64_t stride, bool bias) {
    return net.conv(x, out, kernel, stride, -1, 1, bias);
  };
  std::int64_t width = 4;
  ValueId x = conv(net.input({1, 3, 64, 64}), width, 7, 2, true);
  Pad pad;
  pad.padding.begin = pad.padding.end = Spatial(Ints{1, 1});
  pad.pad_value = pad_per_channel;
  x = net.pool(PoolKind::max, net.add(pad, {x}), 3, 2);
  for (const int blocks : {3, 4, 6, 3}) {
    for (int block = 0; block < blocks; ++block) {
      const std::int64_t stride = block == blocks - 1 && width < 32 ? 2 : 1;
      const ValueId preact = net.relu(net.bn(x));
      ValueId shortcut = x;
      if (block == 0) shortcut = conv(preact, width * 4, 1, stride, true);
      else if (stride == 2) shortcut = net.pool(PoolKind::max, x, 1, 2);
      ValueId y = net.relu(net.bn(conv(preact, width, 1, 1, false)));
      y = net.relu(net.bn(conv(y, width, 3, stride, false)));
      x = net.sum({shortcut, conv(y, width * 4, 1, 1, true)});
    }
    width *= 2;
  }
  net.classifier(net.relu(net.bn(x)));
  return net.graph;
}

Graph densenet121(bool positive_gamma) {
  constexpr std::int64_t growth = 4;
  GraphBuilder net(121);
  net.positive_gamma = positive_gamma;
  ValueId x = net.conv_bn_relu(net.input({1, 3, 64, 64}), 2 * growth, 7, 2);
  x = net.pool(PoolKind::max, x, 3, 2, 1);
  std::int64_t width = 2 * growth;
  for (const int layers : {6, 12, 24, 16}) {
    for (int layer = 0; layer < layers; ++layer) {
      ValueId y = net.conv(net.relu(net.bn(x)), 4 * growth, 1);
      y = net.conv(net.relu(net.bn(y)), growth);
      x = net.concat({x, y});
      width += growth;
    }
    if (layers == 16) break;
    width /= 2;
    x = net.pool(PoolKind::avg, net.conv(net.relu(net.bn(x)), width, 1), 2, 2);
  }
  net.classifier(net.relu(net.bn(x)));
  return net.graph;
}

Graph figure2(char which) {
  GraphBuilder net(2);
  const ValueId image = net.input({1, 3, 12, 12});
  if (which == 'a') {
    ValueId x = net.conv_bn_relu(net.conv_bn_relu(image, 4), 4);
    x = net.conv_bn_relu(net.pool(PoolKind::max, x, 2, 2), 8);
    net.classifier(x);
  } else if (which == 'b') {
    ValueId x = net.relu(net.bn(net.pool(PoolKind::avg, net.conv(image, 4), 2, 2), "after_pool"));
    x = net.relu(net.bn(x, "between_activations"));
    x = net.add(Flatten{}, {net.bn(net.relu(net.conv(x, 8)), "before_flatten")});
    net.output(net.dense(x, 5));
  } else {
    const ValueId x = net.conv(image, 4);
    const ValueId y = net.conv(net.relu(net.bn(x, "on_skip")), 8);
    net.classifier(net.relu(net.sum({net.conv(x, 8, 1), y})));
  }
  return net.graph;
}

Graph figure4(char which) {
  GraphBuilder net(4);
  const ValueId x = net.conv(net.input({1, 3, 12, 12}), 4);
  const ValueId g = net.pool(PoolKind::avg, net.sum({net.conv(x, 6), net.conv(x, 6, 1)}), 2, 2);
  net.output(net.relu(net.bn(g, "bn")), "left");
  net.output(net.relu(which == 'a' ? net.conv(g, 6, 1) : g), "right");
  return net.graph;
}

}  // namespace banoff::test
