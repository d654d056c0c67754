// Layers with weights, norms, activations, pools, and the blocks that they make.
#include <algorithm>
#include <cmath>

#include "tests/networks/network_parts.hpp"

namespace banoff::test {

namespace {

/// Windows that fit, for a value of `size`.
std::int64_t windows(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                     std::int64_t padding) {
  return (size + padding - (kernel - 1) * dilation - 1) / stride + 1;
}

}  // namespace

std::int64_t NetworkParts::smallest_side(const Value& x) const {
  return *std::min_element(x.shape.begin() + 2, x.shape.end());
}
std::int64_t NetworkParts::largest_side(const Value& x) const {
  return *std::max_element(x.shape.begin() + 2, x.shape.end());
}

std::string NetworkParts::weights(const Shape& shape, double deviation) {
  return net_.constant(shape, dice_.normals(shape.elements(), deviation));
}

/// Kernel, strides, dilations and pads are drawn for each dimension; "same" paddings now and then.
NetworkValue NetworkParts::convolved(const Value& x, const Shape& weight, const std::string& name, std::int64_t groups,
                                     double bias) {
  const std::size_t space = kind_.space;
  const bool same = chance(0.15);
  Sizes kernel, strides, dilations, begin, end;
  Shape shape{x.shape[0], weight[0]};
  for (std::size_t i = 0; i < space; ++i) {
    const std::int64_t size = x.shape[i + 2];
    kernel.push_back(weight[i + 2]);
    strides.push_back(size > 3 && chance(0.2) ? 2 : 1);
    const bool spread = !same && strides[i] == 1 && (kernel[i] - 1) * 2 < size && chance(0.15);
    dilations.push_back(spread ? 2 : 1);
    const std::int64_t half = kernel[i] / 2 * dilations[i];
    begin.push_back(same ? 0 : chance(0.6) ? half : dice_.integer(0, half));
    end.push_back(same ? 0 : chance(0.7) ? begin[i] : dice_.integer(0, half + 1));
    const std::int64_t count = windows(size, kernel[i], strides[i], dilations[i], begin[i] + end[i]);
    shape.push_back(same ? (size + strides[i] - 1) / strides[i] : count);
  }
  std::vector<std::string> inputs{x.name, name};
  if (bias != 0 || chance(0.4)) {
    std::vector<double> values = dice_.normals(weight[0]);
    for (double& value : values) value += bias;
    inputs.push_back(net_.constant({weight[0]}, values));
  }
  const Value y = net_.node("Conv", inputs, shape);
  net_.with("strides", strides).with("dilations", dilations).with("group", groups);
  if (chance(0.5)) net_.with("kernel_shape", kernel);
  if (same) {
    net_.with("auto_pad", chance(0.5) ? "SAME_UPPER" : "SAME_LOWER");
  } else {
    begin.insert(begin.end(), end.begin(), end.end());
    net_.with("pads", begin);
  }
  return y;
}

NetworkValue NetworkParts::conv(const Value& x, std::int64_t out, std::int64_t kernel, double bias) {
  Shape weight{out, channels(x)};
  for (std::size_t i = 0; i < kind_.space; ++i) weight.push_back(kernel);
  const std::string name = weights(weight, 1 / std::sqrt(static_cast<double>(weight.elements(1, weight.rank()))));
  return convolved(x, weight, name, 1, bias);
}

NetworkValue NetworkParts::random_conv(const Value& x) {
  std::vector<std::int64_t> divisors;
  for (std::int64_t i = 1; i <= channels(x); ++i) {
    if (channels(x) % i == 0) divisors.push_back(i);
  }
  const std::int64_t groups = chance(0.6) ? 1 : dice_.one_of(divisors);
  Shape weight{groups * dice_.integer(1, groups == 1 ? 5 : 2), channels(x) / groups};
  for (std::size_t i = 0; i < kind_.space; ++i) {
    weight.push_back(dice_.integer(1, std::min<std::int64_t>(3, x.shape[i + 2])));
  }
  const std::string name = weights(weight, 1 / std::sqrt(static_cast<double>(weight.elements(1, weight.rank()))));
  if (groups == 1) shared_[name] = weight;
  return convolved(x, weight, name, groups, 0);
}

/// A convolution with the weights of one that was there before, if there is one for as many channels.
NetworkValue NetworkParts::shared_conv(const Value& x) {
  for (const auto& [name, weight] : shared_) {
    bool fits = weight[1] == channels(x);
    for (std::size_t i = 2; i < weight.rank(); ++i) fits = fits && weight[i] <= x.shape[i];
    if (fits) return convolved(x, weight, name, 1, 0);
  }
  return random_conv(x);
}

NetworkValue NetworkParts::conv_transpose(const Value& x) {
  if (largest_side(x) > 9) return pool(x);
  const std::int64_t groups = channels(x) % 2 == 0 && chance(0.5) ? 2 : 1, out = dice_.integer(1, 3);
  Shape weight{channels(x), out}, shape{x.shape[0], out * groups};
  Sizes strides, pads, extra;
  for (std::size_t i = 0; i < kind_.space; ++i) {
    const std::int64_t kernel = dice_.integer(1, 3);
    strides.push_back(dice_.integer(1, 2));
    pads.push_back(kernel > 1 && x.shape[i + 2] > 1 ? dice_.integer(0, 1) : 0);
    extra.push_back(strides[i] > 1 && chance(0.3) ? 1 : 0);
    weight.push_back(kernel);
    shape.push_back((x.shape[i + 2] - 1) * strides[i] + kernel - 2 * pads[i] + extra[i]);
  }
  if (std::ranges::any_of(shape, [](std::int64_t size) { return size < 1; })) return activation(x);
  std::vector<std::string> inputs{x.name, weights(weight, 1 / std::sqrt(static_cast<double>(channels(x))))};
  if (chance(0.5)) inputs.push_back(weights({out * groups}));
  const Value y = net_.node("ConvTranspose", inputs, shape);
  Sizes both = pads;
  both.insert(both.end(), pads.begin(), pads.end());
  net_.with("strides", strides).with("pads", both).with("output_padding", extra).with("group", groups);
  return y;
}

/// gamma of both signs, now and then zero, tiny or large; statistics of float32 in networks of half precision too.
NetworkValue NetworkParts::normalized(const Value& x, std::vector<double> mean) {
  std::vector<double> gamma, beta, var;
  const double large = chance(0.1) ? 100 : 1;
  for (std::int64_t c = 0; c < channels(x); ++c) {
    gamma.push_back(dice_.uniform(0.3, 1.7) * large * (chance(0.5) ? -1 : 1));
    beta.push_back(dice_.normal());
    var.push_back(std::pow(10.0, dice_.uniform(-1, 1)));
  }
  if (chance(0.15)) {
    const std::vector<double> odd{0.0, 1e-9, -1e-3, 1e-40};
    gamma[static_cast<std::size_t>(dice_.integer(0, channels(x) - 1))] = dice_.one_of(odd);
  }
  if (chance(0.05)) var[0] = kind_.type != NetworkFloat::f32 ? 1e-6 : 1e-4;
  const Shape each{channels(x)};
  const bool wide = kind_.opset >= 15 && chance(0.3);
  const std::string mean_name = wide ? net_.constant32(each, mean) : net_.constant(each, mean);
  const std::string var_name = wide ? net_.constant32(each, var) : net_.constant(each, var);
  const std::string gamma_name = net_.constant(each, gamma), beta_name = net_.constant(each, beta);
  const Value y = net_.node("BatchNormalization", {x.name, gamma_name, beta_name, mean_name, var_name}, x.shape);
  net_.with("epsilon", 1e-3);
  return y;
}

NetworkValue NetworkParts::norm(const Value& x) { return normalized(x, dice_.normals(channels(x))); }

/// What a convolution with a large bias makes: mean and values agree, far from zero.
NetworkValue NetworkParts::norm_of_large_mean(const Value& x) {
  const double mean = std::pow(10.0, dice_.uniform(1, kind_.type != NetworkFloat::f32 ? 2 : 3.5));
  const Value y = conv(x, dice_.integer(1, 4), std::min<std::int64_t>(3, smallest_side(x)), mean);
  std::vector<double> means = dice_.normals(channels(y));
  for (double& each : means) each += mean;
  const Value between = chance(0.3) ? net_.node("Relu", {y.name}, y.shape) : y;
  if (chance(0.3)) pool_.push_back(between);
  return normalized(between, means);
}

NetworkValue NetworkParts::activation(const Value& x) {
  switch (dice_.integer(0, 9)) {
    case 0: {
      const Value y = net_.node("LeakyRelu", {x.name}, x.shape);
      net_.with("alpha", dice_.one_of(std::vector<double>{0.01, 0.2, 1.5}));
      return y;
    }
    case 1: return net_.node("Sigmoid", {x.name}, x.shape);
    case 2: return net_.node("Clip", {x.name, net_.constant({}, {0}), net_.constant({}, {6})}, x.shape);
    case 3:
      return net_.node("Clip", {x.name, chance(0.5) ? "" : net_.constant({}, {-1}), net_.constant({}, {2})}, x.shape);
    case 4: {
      Shape slope{chance(0.4) ? 1 : channels(x)};
      for (std::size_t i = 0; i < kind_.space && !(slope[0] == 1 && chance(0.5)); ++i) slope.push_back(1);
      return net_.node("PRelu", {x.name, weights(slope, 0.5)}, x.shape);
    }
    case 5: return net_.node("Tanh", {x.name}, x.shape);
    case 6: return net_.node(kind_.opset >= 14 ? "HardSwish" : "HardSigmoid", {x.name}, x.shape);
    default: return net_.node("Relu", {x.name}, x.shape);
  }
}

NetworkValue NetworkParts::pool(const Value& x) {
  if (chance(0.15)) {
    Shape shape{x.shape[0], x.shape[1]};
    for (std::size_t i = 0; i < kind_.space; ++i) shape.push_back(1);
    return net_.node(chance(0.5) ? "GlobalAveragePool" : "GlobalMaxPool", {x.name}, shape);
  }
  const bool largest = chance(0.5), ceil = chance(0.2);
  Sizes kernel, strides, pads;
  Shape shape{x.shape[0], x.shape[1]};
  for (std::size_t i = 0; i < kind_.space; ++i) {
    const std::int64_t size = x.shape[i + 2];
    kernel.push_back(dice_.integer(1, std::min<std::int64_t>(3, size)));
    strides.push_back(dice_.integer(1, 2));
    pads.push_back(kernel[i] > 2 && !ceil ? dice_.integer(0, 1) : 0);
    if (ceil) strides[i] = std::min(strides[i], kernel[i]);  // on a window that begins behind the end, versions differ
    const std::int64_t room = size + 2 * pads[i] - kernel[i];
    // A last window that begins behind the end is dropped.
    const std::int64_t last = ceil && (room + strides[i] - 1) / strides[i] * strides[i] < size ? strides[i] - 1 : 0;
    shape.push_back((room + last) / strides[i] + 1);
  }
  const Value y = net_.node(largest ? "MaxPool" : "AveragePool", {x.name}, shape);
  Sizes both = pads;
  both.insert(both.end(), pads.begin(), pads.end());
  net_.with("kernel_shape", kernel).with("strides", strides).with("pads", both);
  if (ceil) net_.with("ceil_mode", std::int64_t{1});
  if (!largest && chance(0.5)) net_.with("count_include_pad", std::int64_t{1});
  return y;
}

/// Flat, through a dense layer in one of its spellings and maybe a norm, and a picture again.
NetworkValue NetworkParts::dense(const Value& x) {
  const std::int64_t features = x.shape.elements(1, x.shape.rank()), out = dice_.integer(1, 4);
  const Shape flat{x.shape[0], features}, made{x.shape[0], out};
  Value y = net_.node("Flatten", {x.name}, flat);
  if (chance(0.3)) y = normalized(y, dice_.normals(features));
  const double deviation = 1 / std::sqrt(static_cast<double>(features));
  if (chance(0.5)) {
    y = net_.node("Gemm", {y.name, weights({out, features}, deviation), weights({out})}, made);
    net_.with("transB", std::int64_t{1});
  } else {
    y = net_.node("MatMul", {y.name, weights({features, out}, deviation)}, made);
    if (chance(0.6)) y = net_.node("Add", {y.name, weights({out})}, made);
  }
  if (chance(0.5)) y = normalized(y, dice_.normals(out));
  Shape picture = made;
  for (std::size_t i = 0; i < kind_.space; ++i) picture.push_back(1);
  return reshaped(y, picture);
}

/// Reads the channels pixel by pixel; its states are those of the picture behind it. None in half precision, of which
/// a long sequence leaves nothing.
NetworkValue NetworkParts::recurrent(const Value& x) {
  if (kind_.type != NetworkFloat::f32) return dense(x);
  static const std::vector<std::pair<const char*, std::int64_t>> cells{{"LSTM", 4}, {"GRU", 3}, {"RNN", 1}};
  const auto& [op, gates] = dice_.one_of(cells);
  const std::int64_t steps = x.shape.elements(2, x.shape.rank()), features = channels(x);
  const std::int64_t directions = dice_.integer(1, 2), hidden = dice_.integer(1, 5), rows = gates * hidden;
  // Bounded first: gates of hundreds would leave nothing of a sigmoid but what rounding makes of them.
  Value y = net_.node("Tanh", {x.name}, x.shape);
  y = reshaped(y, {x.shape[0], features, steps});
  if (chance(0.5)) y = normalized(y, dice_.normals(features));
  y = transposed(y, {2, 0, 1});
  std::vector<std::string> inputs{y.name,
                                  weights({directions, rows, features}, 1 / std::sqrt(static_cast<double>(features))),
                                  weights({directions, rows, hidden}, 1 / std::sqrt(static_cast<double>(hidden)))};
  if (chance(0.7)) inputs.push_back(weights({directions, 2 * rows}));
  y = net_.node(op, inputs, {steps, directions, x.shape[0], hidden});
  net_.with("hidden_size", hidden).with("direction", directions == 2 ? "bidirectional" : "forward");
  if (gates == 3 && chance(0.5)) net_.with("linear_before_reset", std::int64_t{1});
  y = transposed(y, {2, 1, 3, 0});
  Shape picture{x.shape[0], directions * hidden};
  for (std::size_t i = 2; i < x.shape.rank(); ++i) picture.push_back(x.shape[i]);
  return reshaped(y, picture);
}

/// Pre-activation: the norm reads the stream, the last convolution adds to it.
NetworkValue NetworkParts::residual(const Value& x) {
  const auto pointwise = [&](const Value& of, std::int64_t out) {
    const std::string weight = weights([&] {
      Shape shape{out, channels(of)};
      for (std::size_t i = 0; i < kind_.space; ++i) shape.push_back(1);
      return shape;
    }());
    Shape shape = of.shape;
    shape[1] = out;
    return net_.node("Conv", {of.name, weight}, shape);
  };
  Value y = chance(0.7) ? activation(norm(x)) : norm(x);
  y = pointwise(y, dice_.integer(1, 3));
  if (chance(0.3)) y = net_.node("Relu", {norm(y).name}, y.shape);
  y = pointwise(y, channels(x));
  if (chance(0.2)) y = norm(y);
  return net_.node("Add", {x.name, y.name}, x.shape);
}

/// Squeeze and excite.
NetworkValue NetworkParts::gate(const Value& x) {
  Shape squeezed{x.shape[0], channels(x)};
  for (std::size_t i = 0; i < kind_.space; ++i) squeezed.push_back(1);
  Value y = net_.node("GlobalAveragePool", {x.name}, squeezed);
  y = conv(y, dice_.integer(1, 2), 1);
  if (chance(0.3)) y = norm(y);
  y = net_.node("Relu", {y.name}, y.shape);
  y = conv(y, channels(x), 1);
  for (std::size_t i = 2; i < y.shape.rank(); ++i) {
    if (y.shape[i] != 1 && y.shape[i] != x.shape[i]) return y;  // padded at its border
  }
  if (chance(0.8)) y = net_.node("Sigmoid", {y.name}, y.shape);
  return net_.node("Mul", chance(0.5) ? std::vector{x.name, y.name} : std::vector{y.name, x.name}, x.shape);
}

NetworkValue NetworkParts::barrier(const Value& x) {
  if (chance(0.3)) {
    const Value y = net_.node("Softmax", {x.name}, x.shape);
    net_.with("axis", std::int64_t{1});
    return y;
  }
  if (x.shape.elements(2, x.shape.rank()) < 2) return activation(x);
  const Shape each{channels(x)};
  const Value y = net_.node("InstanceNormalization", {x.name, weights(each), weights(each)}, x.shape);
  net_.with("epsilon", 0.1);  // what is alike everywhere stays so, rounding errors and all
  return y;
}

}  // namespace banoff::test
