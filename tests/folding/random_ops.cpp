#include "tests/folding/random_ops.hpp"

namespace banoff::test {

ValueId RandomOps::pick() {
  const auto last = std::ssize(pool_) - 1;
  return pool_[static_cast<std::size_t>(chance(0.5) ? last : net_.integer(0, last))];
}

std::vector<ValueId> RandomOps::alike(ValueId x, std::optional<std::size_t> except) {
  std::vector<ValueId> found;
  for (const ValueId value : pool_) {
    Shape other = shape(value);
    if (except && other.rank() > *except) other[*except] = shape(x)[*except];
    if (other == shape(x)) found.push_back(value);
  }
  return found;
}

ValueId RandomOps::one_of(const std::vector<ValueId>& values) {
  return values[static_cast<std::size_t>(net_.integer(0, std::ssize(values) - 1))];
}

ValueId RandomOps::conv(ValueId x) {
  Conv op;
  const std::int64_t size = std::min(shape(x)[2], shape(x)[3]);
  const std::int64_t kernel = net_.integer(1, std::min<std::int64_t>(3, size));
  op.groups = shape(x)[1] % 2 == 0 && chance(0.3) ? 2 : 1;
  op.out = net_.integer(1, 3) * op.groups, op.kernel = kernel, op.bias = chance(0.4);
  op.stride = chance(0.2) ? 2 : 1, op.dilation = size > 4 && chance(0.1) ? 2 : 1;
  op.padding.begin = chance(0.5) ? kernel / 2 * op.dilation.at(0) : net_.integer(0, 1);
  op.padding.end = chance(0.8) ? op.padding.begin : Spatial(net_.integer(0, options_.small ? 1 : 2));
  if (chance(0.2)) op.padding = {Padding::Mode::same, 0, 0};
  op.pad_value = chance(0.1);
  return net_.add(op, {x});
}

ValueId RandomOps::conv_like(ValueId x) {
  pool_.push_back(net_.conv(x, shape(x)[1], 1));
  return x;
}

ValueId RandomOps::conv_transpose(ValueId x) {
  ConvTranspose op;
  op.groups = shape(x)[1] % 2 == 0 && chance(0.5) ? 2 : 1;
  op.out = net_.integer(1, 3) * op.groups, op.kernel = net_.integer(1, 3), op.bias = chance(0.5);
  const std::int64_t most = options_.small ? 8 : 16;
  if (op.kernel.at(0) == 1 || std::min(shape(x)[2], shape(x)[3]) < 2 || shape(x)[2] + shape(x)[3] > most)
    return net_.add(op, {x});
  op.stride = net_.integer(1, 2), op.padding.begin = op.padding.end = net_.integer(0, 1);
  return net_.add(op, {x});
}

ValueId RandomOps::norm(ValueId x) {
  ++norms_;
  const ValueId y = net_.add(BatchNorm{1e-3, chance(0.9)}, {x});
  const auto width = static_cast<std::size_t>(shape(x)[1]);
  // Without an offset, sums and paddings see nothing of a norm but its scale.
  if (chance(0.2)) {
    net_.set(y, Slot::mean, std::vector<double>(width, 0.0));
    if (net_.graph.param(net_.producer(y), Slot::bias)) net_.set(y, Slot::bias, std::vector<double>(width, 0.0));
  }
  const Tensor* gamma = net_.graph.param(net_.producer(y), Slot::weight);
  if (!gamma || !options_.odd_gamma || chance(0.7)) return y;
  std::vector<double> values = gamma->to_vector<double>();
  const double odd = std::vector<double>{0.0, 1e-9, -1e-3}[static_cast<std::size_t>(net_.integer(0, 2))];
  values[static_cast<std::size_t>(net_.integer(0, std::ssize(values) - 1))] = odd;
  net_.set(y, Slot::weight, values);
  return y;
}

ValueId RandomOps::activation(ValueId x) {
  switch (net_.integer(0, 7)) {
    case 0: return net_.add(Activation{ActivationKind::leaky_relu, 0.1, 0}, {x});
    case 1: return net_.add(Activation{ActivationKind::sigmoid}, {x});
    case 2: return net_.add(Activation{ActivationKind::clip, 0, 6}, {x});
    case 3: return net_.add(PRelu{}, {x});
    case 4: {
      const bool lower = chance(0.7);
      return net_.add(Clamp{1, lower, !lower || chance(0.5)}, {x});
    }
    case 5: return net_.add(Kinked{}, {x});
    default: return net_.relu(x);
  }
}

ValueId RandomOps::sum(ValueId x) {
  const std::vector<ValueId> others = alike(x);
  if (chance(0.2)) return net_.add(Binary{BinaryKind::sub}, {x, one_of(others)});
  std::vector<ValueId> terms{x, one_of(others)};
  if (chance(0.2)) terms.push_back(one_of(others));
  return net_.sum(terms);
}

ValueId RandomOps::with_constant(ValueId x) {
  const Ints each{1, shape(x)[1], 1, 1};
  const ValueId constant = net_.add(Constant{chance(0.7) ? each : Ints{1, 1, 1, 1}}, {});
  return net_.add(Binary{chance(0.6) ? BinaryKind::add : BinaryKind::mul}, {x, constant});
}

ValueId RandomOps::gate(ValueId x) {
  ValueId squeezed = conv(net_.add(GlobalPool{}, {x}));
  if (chance(0.7)) squeezed = net_.add(Activation{ActivationKind::sigmoid}, {squeezed});
  if (shape(squeezed)[1] == shape(x)[1] && shape(squeezed)[2] == 1 && shape(squeezed)[3] == 1) {
    return net_.add(Binary{BinaryKind::mul}, {x, squeezed});
  }
  return net_.add(Binary{BinaryKind::mul}, {x, one_of(alike(x))});
}

ValueId RandomOps::pool(ValueId x) {
  if (std::min(shape(x)[2], shape(x)[3]) < 3) return activation(x);
  Pool op;
  op.kind = chance(0.5) ? PoolKind::max : PoolKind::avg;
  op.kernel = net_.integer(1, 3), op.stride = Spatial(net_.integer(1, 2)), op.ceil_mode = chance(0.2);
  op.padding.begin = op.padding.end = op.kernel.at(0) / 2 * net_.integer(0, 1);
  op.count_include_pad = op.kind == PoolKind::avg && chance(0.5);
  return net_.add(op, {x});
}

ValueId RandomOps::channels(ValueId x) {
  const std::int64_t width = shape(x)[1];
  if (width % 2 == 0 && chance(0.4)) return net_.add(ChannelShuffle{2}, {x});
  if (width > 1 && chance(0.5)) {
    const ValueId first = net_.add(Split{1, {1, width - 1}, 0}, {x});
    pool_.push_back(net_.producer(first).outputs[1]);
    return first;
  }
  const std::int64_t begin = net_.integer(0, width - 1);
  return net_.add(Slice{{1}, {begin}, {Slice::to_end}, {1}}, {x});
}

ValueId RandomOps::space(ValueId x) {
  if (chance(0.3)) {
    Resize op;
    op.scale = {2.0}, op.mode = chance(0.5) ? ResizeMode::linear : ResizeMode::nearest;
    const bool large = shape(x)[2] + shape(x)[3] > (options_.small ? 6 : 12);
    return large ? net_.add(Identity{}, {x}) : net_.add(op, {x});
  }
  Pad op;
  op.padding.begin = Spatial(Ints{net_.integer(0, 1), net_.integer(0, 1)});
  op.padding.end = Spatial(Ints{net_.integer(0, 1), 0});
  op.mode = chance(0.5) ? PadMode::constant : PadMode::edge;
  op.pad_value = op.mode == PadMode::constant && chance(0.3);
  return net_.add(op, {x});
}

ValueId RandomOps::turned(ValueId x) {
  ValueId y = net_.add(Transpose{{0, 2, 3, 1}}, {x});
  const std::int64_t out = net_.integer(1, 4);
  if (chance(0.5)) y = net_.dense(y, out, chance(0.5));
  else if (chance(0.3)) y = net_.add(MatMul{}, {y, net_.add(Constant{{shape(y).back(), out}}, {})});
  return net_.add(Transpose{{0, 3, 1, 2}}, {y});
}

ValueId RandomOps::shuffled(ValueId x) {
  const Shape s = shape(x);
  if (s[1] % 2 != 0) return x;
  const ValueId split = net_.add(Reshape{{s[0], 2, s[1] / 2, s[2], s[3]}}, {x});
  return net_.add(Reshape{s.vec()}, {net_.add(Transpose{{0, 2, 1, 3, 4}}, {split})});
}

ValueId RandomOps::barrier(ValueId x) {
  GroupNorm op;
  op.groups = shape(x)[1] % 2 == 0 ? 2 : 1, op.instance = shape(x)[2] * shape(x)[3] > 1 && chance(0.5);
  if (op.instance) op.groups = 0;
  return chance(0.3) ? net_.add(Softmax{}, {x}) : net_.add(op, {x});
}

ValueId RandomOps::residual(ValueId x) {
  const std::int64_t width = net_.integer(1, 3);
  ValueId y = net_.conv(chance(0.7) ? activation(norm(x)) : norm(x), width, 1);
  if (chance(0.3)) y = net_.relu(norm(y));
  y = net_.conv(y, shape(x)[1], 1);
  if (chance(0.2)) y = norm(y);
  return net_.sum({x, y});
}

void RandomOps::head(ValueId x) {
  ValueId pooled = x;
  if (chance(0.3)) pooled = net_.add(GlobalPool{PoolKind::avg}, {x});
  else if (chance(0.2)) pooled = net_.add(GlobalPool{PoolKind::max}, {x});
  else if (chance(0.3)) pooled = net_.add(Reduce{ReduceKind::mean, {2, 3}, true}, {x});
  const ValueId flat = net_.add(Flatten{}, {pooled});
  ValueId y = chance(0.4) ? norm(flat) : flat;
  y = net_.dense(chance(0.3) ? net_.relu(y) : y, 3, chance(0.5));
  net_.output(chance(0.5) ? norm(y) : y, "head" + std::to_string(y));
}

}  // namespace banoff::test
