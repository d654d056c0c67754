// Own layers on numbers of 8 bits, for every instruction set that this processor has, against the float64 reference of
// the same values.
#include "own_way.hpp"
#include "runtime/graph/quantised.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr float step_x = 0.02F, step_y = 0.04F, step_skip = 0.03F;

/// What is behind the layer.
struct Behind {
  bool sum = false, relu = false, clip = false, floats = false;
  std::int32_t zero_x = 128, zero_y = 100, zero_skip = 90;
};

/// A layer of a picture or of rows, on a grid, with what is behind it, and its values as bytes in channels-last order.
class IntegerNet {
 public:
  IntegerNet(const Op& op, const Shape& input, const Behind& behind) {
    const ValueId x = net_.input("x", input);
    ValueId y = net_.add("layer", op, {x});
    const Tensor weight = *net_.graph.param(net_.graph.node(0), Slot::weight);
    set_grid_weights(net_.graph, 0, on_grid(weight));
    ValueId skip = none;
    if (behind.sum) {
      skip = net_.input("skip", infer_types(net_.graph)[static_cast<std::size_t>(y)].shape);
      y = net_.add("sum", Binary{BinaryKind::add}, {y, skip});
    }
    if (behind.relu) y = net_.add("act", Activation{ActivationKind::relu}, {y});
    if (behind.clip) y = net_.add("act", Activation{ActivationKind::clip, -0.5, 1.7}, {y});
    if (!behind.floats) y = net_.add("put", FakeQuantize{DType::u8, static_cast<double>(step_y), behind.zero_y}, {y});
    types_ = infer_types(net_.graph);
    store(x, {DType::u8, step_x, behind.zero_x}, 1);
    if (skip != none) store(skip, {DType::u8, step_skip, behind.zero_skip}, 2);
    if (!behind.floats) types_[static_cast<std::size_t>(y)].stored = Stored{DType::u8, step_y, behind.zero_y};
  }

  [[nodiscard]] Region region() const {
    const Layout layout = types_[0].shape.rank() == 4 ? Layout::channels_last : Layout::plain;
    return region_of(net_.graph, types_, {std::vector<Layout>(net_.graph.inputs.size(), layout), {layout}});
  }

  /// A number may lie between two, so that it rounds to the neighbour.
  void check(const cpu::Machine& machine, Way way) const {
    CAPTURE(name_of(machine.isa));
    const Region region = this->region();
    const auto kernel = make_kernel(way(machine, region));
    const TensorType& type = region.type(region.outputs[0]);
    const auto count = static_cast<std::size_t>(type.shape.elements());
    test::Memory y(count * (type.stored ? 1 : sizeof(float)));
    test::Memory scratch(kernel->scratch_bytes());
    std::vector<const std::byte*> inputs;
    for (const auto& numbers : numbers_) inputs.push_back(numbers.data());
    const std::array<std::byte*, 1> outputs{y.data()};
    const std::vector<std::int64_t> in_counts(inputs.size(), 1);
    std::array<std::int64_t, 1> out_counts{1};
    kernel->run({inputs, outputs, in_counts, out_counts, scratch.data(), nullptr});
    CHECK(y.intact());
    CHECK(scratch.intact());
    const auto expected =
        reference::run<double>(net_.graph, net_.inputs, [&](ValueId v) { return v == region.outputs[0]; })
            .at(region.outputs[0])
            .to_vector<double>();
    double worst = 0;
    std::size_t off = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double want = expected[in_plain(type.shape, i)];
      double got = 0;
      if (type.stored) {
        got = static_cast<double>(step_y) * (static_cast<int>(y.data()[i]) - type.stored->zero_point);
      } else {
        float value = 0;
        std::memcpy(&value, y.data() + i * sizeof(float), sizeof(float));
        got = static_cast<double>(value);
      }
      worst = std::max(worst, std::abs(got - want) / static_cast<double>(step_y));
      off += std::abs(got - want) > 1e-3 * static_cast<double>(step_y) ? 1 : 0;
    }
    CHECK(worst < (type.stored ? 1.001 : 1e-3));
    CHECK(static_cast<double>(off) <= 0.01 * static_cast<double>(count));
  }

 private:
  /// Element i of what lies channels-last, in plain order.
  static std::size_t in_plain(const Shape& shape, std::size_t i) {
    if (shape.rank() != 4) return i;
    const auto channels = static_cast<std::size_t>(shape[1]), spatial = static_cast<std::size_t>(shape[2] * shape[3]);
    return (i / (spatial * channels) * channels + i % channels) * spatial + i / channels % spatial;
  }
  void store(ValueId value, const Stored& grid, unsigned seed) {
    TensorType& type = types_[static_cast<std::size_t>(value)];
    type.stored = grid;
    std::mt19937 random(seed);
    auto& numbers = numbers_.emplace_back(static_cast<std::size_t>(type.shape.elements()));
    std::vector<float> plain(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const auto number = static_cast<std::uint8_t>(random());
      numbers[i] = std::byte{number};
      plain[in_plain(type.shape, i)] = grid.scale * static_cast<float>(number - grid.zero_point);
    }
    net_.inputs[net_.graph.value(value).name] = Tensor::of<float>(type.shape, std::move(plain));
  }

  Net net_;
  std::vector<TensorType> types_;
  std::vector<std::vector<std::byte>> numbers_;
};

Conv conv(std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t pad, std::int64_t groups = 1) {
  Conv op = conv3x3(out, groups);
  op.kernel = Spatial(kernel);
  op.stride = Spatial(stride);
  op.padding = {Padding::Mode::given, Spatial(pad), Spatial(pad)};
  return op;
}

Dense dense(std::int64_t out) {
  Dense op;
  op.out = out;
  op.bias = true;
  return op;
}

void check_layer(const Op& op, const Shape& input, const Behind& behind, Way way) {
  CAPTURE(input.str());
  const IntegerNet net(op, input, behind);
  for (const cpu::Isa isa : instruction_sets()) {
    for (const int threads : {1, 3}) net.check(cpu::Machine{threads, isa}, way);
  }
}

std::string refusal(const Op& op, const Shape& input, const Behind& behind, Way way) {
  const IntegerNet net(op, input, behind);
  const Region region = net.region();
  const auto offer = attempt<Offers>([&] {
    return std::vector<Offer>{way(cpu::Machine{1, instruction_sets()[0]}, region)};
  });
  const auto* refused = std::get_if<Refusal>(&offer);
  return refused == nullptr ? "" : refused->reason;
}

const Behind every_behind[] = {{},
                               {.relu = true},
                               {.clip = true},
                               {.sum = true},
                               {.sum = true, .relu = true},
                               {.sum = true, .floats = true},
                               {.floats = true},
                               {.relu = true, .zero_x = 0, .zero_y = 0},
                               {.zero_x = 255, .zero_y = 255}};

}  // namespace

TEST_CASE("own depthwise convolutions of integers") {
  for (const std::int64_t kernel : {3, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      for (const std::int64_t channels : {5, 24, 40})
        check_layer(conv(channels, kernel, stride, kernel / 2, channels), {2, channels, 9, 15}, {},
                    cpu::integer_depthwise);
    }
  }
  for (const Behind& behind : every_behind)
    check_layer(conv(24, 3, 1, 1, 24), {1, 24, 10, 14}, behind, cpu::integer_depthwise);
}

TEST_CASE("own convolutions and dense layers of integers") {
  for (const std::int64_t channels : {1, 3, 8, 17, 64}) {
    for (const std::int64_t stride : {1, 2}) {
      check_layer(conv(24, 1, stride, 0), {2, channels, 9, 8}, {}, cpu::integer_product);
      check_layer(conv(40, 3, stride, 1), {2, channels, 9, 8}, {}, cpu::integer_product);
      check_layer(conv(5, 5, stride, 0), {2, channels, 9, 8}, {}, cpu::integer_product);
    }
    check_layer(dense(130), {1, channels}, {}, cpu::integer_product);
    check_layer(dense(10), {37, channels}, {.floats = true}, cpu::integer_product);
  }
  for (const Behind& behind : every_behind) {
    check_layer(conv(70, 3, 1, 1), {1, 20, 7, 11}, behind, cpu::integer_product);
    check_layer(conv(70, 1, 1, 0), {2, 20, 7, 11}, behind, cpu::integer_product);
  }
}

TEST_CASE("what the own layers of integers do not compute they refuse") {
  const Behind silent;
  CHECK(refusal(conv(24, 3, 1, 1, 24), {1, 24, 8, 8}, silent, cpu::integer_depthwise).empty());
  CHECK(refusal(conv(24, 3, 1, 1, 24), {1, 24, 8, 8}, silent, cpu::integer_product) == "a convolution in groups");
  CHECK(refusal(conv(24, 3, 1, 1), {1, 24, 8, 8}, silent, cpu::integer_depthwise) == "not one filter per channel");
  CHECK(refusal(conv(24, 7, 1, 3, 24), {1, 24, 8, 8}, silent, cpu::integer_depthwise) ==
        "a depthwise convolution of another kernel or stride");
  CHECK(refusal(dense(8), {1, 24}, silent, cpu::integer_depthwise) == "no convolution");
  CHECK(refusal(conv(8, 1, 1, 0), {1, 8, 4, 4}, {.relu = true, .floats = true}, cpu::integer_product) ==
        "an activation of floats behind an own layer of integers");
}
