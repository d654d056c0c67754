#include "tests/networks/random_network.hpp"

#include <cmath>
#include <set>

#include "tests/networks/network_parts.hpp"

namespace banoff::test {

namespace {

NetworkKind random_kind(std::uint64_t seed) {
  Draws dice(seed ^ 0x6b696e64U);
  NetworkKind kind;
  kind.type = dice.chance(0.8) ? NetworkFloat::f32 : dice.chance(0.8) ? NetworkFloat::f16 : NetworkFloat::bf16;
  kind.opset = dice.integer(13, 17);
  kind.space = dice.chance(0.7) ? 2 : dice.chance(0.6) ? 1 : 3;
  kind.batch = dice.integer(1, 3);
  kind.symbolic_batch = dice.chance(0.4);
  return kind;
}

class Generator : NetworkParts {
 public:
  Generator(std::uint64_t seed, const NetworkKind& kind) : NetworkParts(seed, kind) {
    Shape shape{kind.batch, dice_.integer(1, 4)};
    for (std::size_t i = 0; i < kind.space; ++i) shape.push_back(dice_.integer(kind.space == 3 ? 2 : 3, 8));
    pool_.push_back(net_.input("x", shape, kind.symbolic_batch));
  }

  RandomNetwork make() {
    RandomNetwork result;
    if (chance(0.3)) normalise_input(result);
    pool_.push_back(random_conv(pool_.back()));
    const std::int64_t parts = dice_.integer(4, 16);
    for (std::int64_t i = 0; i < parts; ++i) grow();
    finish();
    result.model = net_.model();
    result.batch = kind_.batch;
    result.half = kind_.type != NetworkFloat::f32;
    return result;
  }

 private:
  /// (x - mean) / deviation, as cameras need it.
  void normalise_input(RandomNetwork& result) {
    const bool half = kind_.type != NetworkFloat::f32;
    result.input_mean = std::round(std::pow(10.0, dice_.uniform(0, half ? 2 : 3.5)));
    result.input_spread = std::pow(10.0, dice_.uniform(-0.5, 1));
    Shape each{1, channels(pool_[0])};
    for (std::size_t i = 0; i < kind_.space; ++i) each.push_back(1);
    const auto constant = [&](double value) {
      return net_.constant(each, std::vector<double>(static_cast<std::size_t>(each.elements()), value));
    };
    const Value& x = pool_[0];
    const Value centred = net_.node("Sub", {x.name, constant(result.input_mean)}, x.shape);
    pool_ = {net_.node("Div", {centred.name, constant(result.input_spread)}, x.shape)};
  }

  [[nodiscard]] Value pick() { return chance(0.5) ? pool_.back() : dice_.one_of(pool_); }

  void grow() {
    const Value x = pick();
    using Part = Value (Generator::*)(const Value&);
    static const std::vector<Part> parts{&Generator::random_conv,
                                         &Generator::random_conv,
                                         &Generator::shared_conv,
                                         &Generator::conv_transpose,
                                         &Generator::norm,
                                         &Generator::norm,
                                         &Generator::norm,
                                         &Generator::conv_norm,
                                         &Generator::conv_norm,
                                         &Generator::norm_of_large_mean,
                                         &Generator::activation,
                                         &Generator::activation,
                                         &Generator::activation,
                                         &Generator::pool,
                                         &Generator::dense,
                                         &Generator::recurrent,
                                         &Generator::residual,
                                         &Generator::residual,
                                         &Generator::gate,
                                         &Generator::barrier,
                                         &Generator::with_constant,
                                         &Generator::with_constant,
                                         &Generator::with_constant,
                                         &Generator::sum,
                                         &Generator::sum,
                                         &Generator::product,
                                         &Generator::concat,
                                         &Generator::split,
                                         &Generator::slice,
                                         &Generator::channels_last,
                                         &Generator::flat_space,
                                         &Generator::shuffled,
                                         &Generator::padded,
                                         &Generator::resized,
                                         &Generator::reshaped_by_batch,
                                         &Generator::expanded_by_batch};
    pool_.push_back((this->*dice_.one_of(parts))(x));
  }

  Value conv_norm(const Value& x) { return norm(random_conv(x)); }

  /// What nobody reads becomes an output, and now and then something inside.
  void finish() {
    std::set<std::string> read;
    for (const onnx::NodeProto& node : net_.model().graph().node())
      read.insert(node.input().begin(), node.input().end());
    std::set<std::string> written;
    for (const Value& value : pool_) {
      if (value.name == "x" || (read.contains(value.name) && !chance(0.04))) continue;
      if (written.insert(value.name).second) net_.output(value);
    }
    if (written.empty()) net_.output(pool_.back());
  }
};

}  // namespace

RandomNetwork random_network(std::uint64_t seed) { return Generator(seed, random_kind(seed)).make(); }

}  // namespace banoff::test
