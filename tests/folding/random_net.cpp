#include "tests/folding/random_net.hpp"

#include <functional>

namespace banoff::test {

namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : net_(seed) {
    const std::int64_t size = net_.integer(4, 8);
    pool_ = {net_.input({net_.integer(1, 2), net_.integer(1, 4), size, net_.integer(4, 8)})};
    pool_.push_back(conv(pool_[0]));
  }

  Graph make() {
    const std::int64_t count = net_.integer(4, 16);
    for (std::int64_t i = 0; i < count; ++i) grow();
    // Everything that nobody reads becomes an output, and now and then something inside.
    const auto readers = net_.graph.readers();
    for (const ValueId value : pool_) {
      const bool unread = readers[static_cast<std::size_t>(value)].empty();
      if (net_.graph.value(value).producer != none && (unread || chance(0.03))) {
        const bool close = unread && chance(0.7);
        net_.output(close ? net_.relu(value) : value, "out" + std::to_string(value));
      }
    }
    return net_.graph;
  }

 private:
  [[nodiscard]] bool chance(double p) { return net_.uniform(0, 1) < p; }
  [[nodiscard]] const Shape& shape(ValueId value) const { return net_.type(value).shape; }
  /// A value, with a liking for the newest.
  [[nodiscard]] ValueId pick() {
    const auto last = std::ssize(pool_) - 1;
    return pool_[static_cast<std::size_t>(chance(0.5) ? last : net_.integer(0, last))];
  }
  /// Values of the shape of x in all dimensions but `except`.
  [[nodiscard]] std::vector<ValueId> alike(ValueId x, std::size_t except) {
    std::vector<ValueId> found;
    for (const ValueId value : pool_) {
      Shape other = shape(value);
      if (other.rank() > except) other[except] = shape(x)[except];
      if (other == shape(x)) found.push_back(value);
    }
    return found;
  }
  [[nodiscard]] ValueId one_of(const std::vector<ValueId>& values) {
    return values[static_cast<std::size_t>(net_.integer(0, std::ssize(values) - 1))];
  }

  ValueId conv(ValueId x) {
    Conv op;
    const std::int64_t size = std::min(shape(x)[2], shape(x)[3]);
    const std::int64_t kernel = net_.integer(1, std::min<std::int64_t>(3, size));
    op.groups = shape(x)[1] % 2 == 0 && chance(0.3) ? 2 : 1;
    op.out = net_.integer(1, 3) * op.groups, op.kernel = kernel, op.bias = chance(0.4);
    op.stride = chance(0.2) ? 2 : 1, op.dilation = size > 4 && chance(0.1) ? 2 : 1;
    op.padding.begin = chance(0.5) ? kernel / 2 * op.dilation.at(0) : net_.integer(0, 1);
    op.padding.end = chance(0.8) ? op.padding.begin : Spatial(net_.integer(0, 2));
    if (chance(0.2)) op.padding = {Padding::Mode::same, 0, 0};
    op.pad_value = chance(0.1);
    return net_.add(op, {x});
  }
  ValueId conv_transpose(ValueId x) {
    ConvTranspose op;
    op.groups = shape(x)[1] % 2 == 0 && chance(0.5) ? 2 : 1;
    op.out = net_.integer(1, 3) * op.groups, op.kernel = net_.integer(1, 3), op.bias = chance(0.5);
    if (op.kernel.at(0) == 1 || std::min(shape(x)[2], shape(x)[3]) < 2 || shape(x)[2] + shape(x)[3] > 16)
      return net_.add(op, {x});
    op.stride = net_.integer(1, 2), op.padding.begin = op.padding.end = net_.integer(0, 1);
    return net_.add(op, {x});
  }
  ValueId norm(ValueId x) {
    const ValueId y = net_.add(BatchNorm{1e-3, chance(0.9)}, {x});
    const Tensor* gamma = net_.graph.param(net_.producer(y), Slot::weight);
    if (!gamma || chance(0.7)) return y;
    std::vector<double> values = gamma->to_vector<double>();
    const double odd = std::vector<double>{0.0, 1e-9, -1e-3}[static_cast<std::size_t>(net_.integer(0, 2))];
    values[static_cast<std::size_t>(net_.integer(0, std::ssize(values) - 1))] = odd;
    net_.set(y, Slot::weight, values);
    if (chance(0.2)) {
      net_.set(y, Slot::mean, std::vector<double>(values.size(), 0.0));
      net_.set(y, Slot::bias, std::vector<double>(values.size(), 0.0));
    }
    return y;
  }
  ValueId activation(ValueId x) {
    static const std::vector<ActivationKind> kinds{ActivationKind::relu, ActivationKind::leaky_relu,
                                                   ActivationKind::sigmoid};
    const ActivationKind kind = kinds[static_cast<std::size_t>(net_.integer(0, std::ssize(kinds) - 1))];
    return net_.add(Activation{kind, 0.1, 0}, {x});
  }
  ValueId sum(ValueId x) {
    const std::vector<ValueId> others = alike(x, 99);
    if (chance(0.2)) return net_.add(Binary{BinaryKind::sub}, {x, one_of(others)});
    std::vector<ValueId> terms{x, one_of(others)};
    if (chance(0.2)) terms.push_back(one_of(others));
    return net_.sum(terms);
  }
  ValueId add_constant(ValueId x) {
    const Ints full{1, shape(x)[1], 1, 1};
    return net_.sum({x, net_.add(Constant{chance(0.7) ? full : Ints{1, 1, 1, 1}}, {})});
  }
  ValueId gate(ValueId x) {
    const ValueId squeezed = net_.add(Activation{ActivationKind::sigmoid}, {conv(net_.add(GlobalPool{}, {x}))});
    if (shape(squeezed)[1] == shape(x)[1] && shape(squeezed)[2] == 1 && shape(squeezed)[3] == 1) {
      return net_.add(Binary{BinaryKind::mul}, {x, squeezed});
    }
    return net_.add(Binary{BinaryKind::mul}, {x, one_of(alike(x, 99))});
  }
  ValueId pool(ValueId x) {
    if (std::min(shape(x)[2], shape(x)[3]) < 3) return activation(x);
    Pool op;
    op.kind = chance(0.5) ? PoolKind::max : PoolKind::avg;
    op.kernel = net_.integer(1, 3), op.stride = Spatial(net_.integer(1, 2)), op.ceil_mode = chance(0.2);
    op.padding.begin = op.padding.end = op.kernel.at(0) / 2 * net_.integer(0, 1);
    op.count_include_pad = op.kind == PoolKind::avg && chance(0.5);
    return net_.add(op, {x});
  }
  ValueId channels(ValueId x) {
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
  ValueId space(ValueId x) {
    if (chance(0.3)) {
      Resize op;
      op.scale = {2.0}, op.mode = chance(0.5) ? ResizeMode::linear : ResizeMode::nearest;
      return shape(x)[2] + shape(x)[3] > 12 ? net_.add(Identity{}, {x}) : net_.add(op, {x});
    }
    Pad op;
    op.padding.begin = Spatial(Ints{net_.integer(0, 1), net_.integer(0, 1)});
    op.padding.end = Spatial(Ints{net_.integer(0, 1), 0});
    op.mode = chance(0.5) ? PadMode::constant : PadMode::edge;
    op.pad_value = op.mode == PadMode::constant && chance(0.3);
    return net_.add(op, {x});
  }
  /// Channels last and back again with a dense layer or nothing between.
  ValueId turned(ValueId x) {
    ValueId y = net_.add(Transpose{{0, 2, 3, 1}}, {x});
    if (chance(0.6)) y = net_.dense(y, net_.integer(1, 4), chance(0.5));
    return net_.add(Transpose{{0, 3, 1, 2}}, {y});
  }
  /// A channel shuffle spelled out.
  ValueId shuffled(ValueId x) {
    const Shape s = shape(x);
    if (s[1] % 2 != 0) return x;
    const ValueId split = net_.add(Reshape{{s[0], 2, s[1] / 2, s[2], s[3]}}, {x});
    return net_.add(Reshape{s.vec()}, {net_.add(Transpose{{0, 2, 1, 3, 4}}, {split})});
  }
  void head(ValueId x) {
    const ValueId flat =
        net_.add(Flatten{}, {chance(0.5) ? net_.add(GlobalPool{chance(0.8) ? PoolKind::avg : PoolKind::max}, {x}) : x});
    ValueId y = chance(0.4) ? norm(flat) : flat;
    y = net_.dense(y, 3, chance(0.5));
    net_.output(chance(0.5) ? norm(y) : y, "head" + std::to_string(y));
  }

  void grow() {
    const ValueId x = pick();
    using Maker = std::function<ValueId()>;
    const std::vector<Maker> makers{[&] { return conv(x); },
                                    [&] { return conv(x); },
                                    [&] { return norm(x); },
                                    [&] { return norm(x); },
                                    [&] { return norm(x); },
                                    [&] { return norm(conv(x)); },
                                    [&] { return activation(x); },
                                    [&] { return sum(x); },
                                    [&] { return sum(conv_like(x)); },
                                    [&] {
                                      return net_.concat({x, one_of(alike(x, 1))});
                                    },
                                    [&] { return pool(x); },
                                    [&] { return channels(x); },
                                    [&] { return space(x); },
                                    [&] { return conv_transpose(x); },
                                    [&] { return turned(x); },
                                    [&] { return shuffled(x); },
                                    [&] { return add_constant(x); },
                                    [&] { return gate(x); },
                                    [&] { return net_.add(Affine{}, {x}); }};
    pool_.push_back(makers[static_cast<std::size_t>(net_.integer(0, std::ssize(makers) - 1))]());
    if (chance(0.08)) head(pick());
  }
  /// A 1x1 conv that keeps the shape, so that sums find a partner; returns x, the partner is in the pool.
  ValueId conv_like(ValueId x) {
    pool_.push_back(net_.conv(x, shape(x)[1], 1));
    return x;
  }

  GraphBuilder net_;
  std::vector<ValueId> pool_;
};

}  // namespace

Graph random_net(std::uint64_t seed) { return Generator(seed).make(); }

}  // namespace banoff::test
