// Own kernels on values stored in 16 bits, for every instruction set that this processor has, against the float64
// reference of the same values.
#include "own_way.hpp"
#include "runtime/core/half.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A few roundings of eight bits, in the measure of the largest result.
constexpr double tolerance = 6e-3;

std::size_t at(ValueId value) { return static_cast<std::size_t>(value); }

/// A net whose values are stored in 16 bits, but for those named.
class HalfNet {
 public:
  explicit HalfNet(Net& net, const std::vector<std::string>& in_floats = {})
      : net_(net), types_(infer_types(net.graph)) {
    for (const GraphInput& input : net.graph.inputs) {
      const std::string& name = net.graph.value(input.value).name;
      if (std::ranges::count(in_floats, name) > 0) continue;
      types_[at(input.value)].stored = Stored{DType::bf16};
      net.inputs.at(name) = net.inputs.at(name).as(DType::bf16).as(DType::f32);
    }
    const ValueId result = net.graph.nodes.back().outputs[0];
    if (types_[at(result)].shape.rank() == 4) types_[at(result)].stored = Stored{DType::bf16};
  }

  [[nodiscard]] Region region(Layout from = Layout::channels_last) const {
    const ValueId result = net_.graph.nodes.back().outputs[0];
    Layouts layouts{std::vector<Layout>(net_.graph.inputs.size(), Layout::channels_last), {Layout::channels_last}};
    layouts.inputs[0] = from;
    if (types_[at(result)].shape.rank() != 4) layouts.outputs = {Layout::plain};
    return region_of(net_.graph, types_, layouts);
  }

  void check(Way way, Layout from = Layout::channels_last) const {
    const Region region = this->region(from);
    const auto expected =
        reference::run<double>(net_.graph, net_.inputs, [&](ValueId v) { return v == region.outputs[0]; })
            .at(region.outputs[0])
            .to_vector<double>();
    for (const cpu::Isa isa : instruction_sets()) {
      for (const int threads : {1, 2}) {
        CAPTURE(name_of(isa));
        const cpu::Machine machine{threads, isa};
        const auto device = cpu::device({.threads = threads, .precision = Precision::bf16});
        const auto kernel = make_kernel(way(machine, region));
        std::map<std::string, Tensor> given;
        for (const ValueId input : region.inputs) {
          const std::string& name = net_.graph.value(input).name;
          given[name] = types_[at(input)].stored ? net_.inputs.at(name).as(DType::bf16) : net_.inputs.at(name);
        }
        CHECK(distance(results(*device, *kernel, region, given), expected) < tolerance);
      }
    }
  }

 private:
  /// As `run` of region_check.hpp, of values in 16 bits.
  static std::vector<float> results(const Device& device, const Kernel& kernel, const Region& region,
                                    const std::map<std::string, Tensor>& given) {
    std::vector<test::Memory> memory;
    std::vector<const std::byte*> inputs;
    for (std::size_t i = 0; i < region.inputs.size(); ++i) {
      const TensorType& type = region.type(region.inputs[i]);
      memory.emplace_back(device.bytes(type, region.input_layouts[i]));
      run_copy(*make_kernel(device.reorder(type, Layout::plain, region.input_layouts[i])),
               given.at(region.graph->value(region.inputs[i]).name).data(), memory.back().data());
      inputs.push_back(memory.back().data());
    }
    const TensorType& type = region.type(region.outputs[0]);
    test::Memory result(device.bytes(type, region.output_layouts[0])), scratch(kernel.scratch_bytes());
    const std::array<std::byte*, 1> outputs{result.data()};
    std::vector<std::int64_t> in_counts(inputs.size(), 0);
    std::array<std::int64_t, 1> out_counts{0};
    {
      const Entered entered(device);
      kernel.run({inputs, outputs, in_counts, out_counts, scratch.data(), nullptr});
    }
    CHECK(result.intact());
    CHECK(scratch.intact());
    for (const test::Memory& value : memory) CHECK(value.intact());
    test::Memory plain(device.bytes(type, Layout::plain));
    run_copy(*make_kernel(device.reorder(type, region.output_layouts[0], Layout::plain)), result.data(), plain.data());
    std::vector<float> values(static_cast<std::size_t>(type.shape.elements()));
    if (!type.stored) std::memcpy(values.data(), plain.data(), values.size() * sizeof(float));
    for (std::size_t i = 0; type.stored && i < values.size(); ++i) {
      bf16 value{};
      std::memcpy(&value, plain.data() + i * sizeof value, sizeof value);
      values[i] = to_float(value);
    }
    return values;
  }

  Net& net_;
  std::vector<TensorType> types_;
};

Conv conv(std::int64_t out, std::int64_t kernel, std::int64_t stride, std::int64_t groups = 1) {
  Conv op = conv3x3(out, groups);
  op.kernel = Spatial(kernel);
  op.stride = Spatial(stride);
  op.padding = {Padding::Mode::given, Spatial(kernel / 2), Spatial(kernel / 2)};
  return op;
}

void check_layer(const Op& op, const Shape& input, int tail, Way way, const std::vector<std::string>& in_floats = {}) {
  CAPTURE(input.str());
  CAPTURE(tail);
  Net net;
  const ValueId y = net.add("layer", op, {net.input("x", input)});
  // Weights that are what products take them for.
  net.graph.set_param(0, Slot::weight,
                      net.graph.param(net.graph.node(0), Slot::weight)->as(DType::bf16).as(DType::f32));
  followed_by(net, y, tail);
  const bool floats = std::ranges::count(in_floats, "x") > 0;
  HalfNet(net, in_floats).check(way, floats ? Layout::plain : Layout::channels_last);
}

}  // namespace

TEST_CASE("1x1 convolutions in 16 bits: odd channels, few and many pixels, everything that may follow") {
  for (int tail = 0; tail < tails; ++tail) check_layer(conv(40, 1, 1), {1, 24, 7, 9}, tail, cpu::half_product);
  for (const std::int64_t out : {1, 5, 17, 32, 48, 64, 67, 100})
    check_layer(conv(out, 1, 1), {2, 7, 5, 9}, 3, cpu::half_product);
  for (const std::int64_t in : {1, 2, 3, 33, 130}) check_layer(conv(19, 1, 1), {1, in, 3, 4}, 0, cpu::half_product);
  for (const std::int64_t pixels : {1, 2, 6, 13, 15, 29})
    check_layer(conv(35, 1, 1), {1, 9, 1, pixels}, 8, cpu::half_product);
  check_layer(conv(96, 1, 1), {1, 160, 40, 40}, 9, cpu::half_product);  // several strips
  check_layer(conv(24, 1, 1), {1, 8, 6, 6}, 8, cpu::half_product, {"skip"});
}

TEST_CASE("depthwise convolutions in 16 bits: borders, odd channels, everything that may follow") {
  for (int tail = 0; tail < tails; ++tail) check_layer(conv(40, 3, 1, 40), {1, 40, 9, 9}, tail, cpu::half_depthwise);
  for (const std::int64_t kernel : {3, 5, 7}) {
    for (const std::int64_t stride : {1, 2}) {
      for (const std::int64_t side : {2, 5, 8, 14, 15})
        check_layer(conv(17, kernel, stride, 17), {2, 17, side, side + 1}, 3, cpu::half_depthwise);
    }
  }
}

TEST_CASE("first convolutions from floats to 16 bits") {
  for (int tail = 0; tail < tails; ++tail) {
    if (tail != 8 && tail != 9) check_layer(conv(24, 3, 2), {1, 3, 15, 17}, tail, cpu::direct_to_halves, {"x"});
  }
  check_layer(conv(21, 7, 2), {2, 3, 16, 20}, 1, cpu::direct_to_halves, {"x"});
  check_layer(conv(33, 3, 1), {1, 1, 9, 9}, 9, cpu::direct_to_halves, {"x"});
}

TEST_CASE("passes in 16 bits: activations, sums, values by channel") {
  for (const std::int64_t channels : {1, 7, 16, 40}) {
    for (const auto kind :
         {ActivationKind::relu, ActivationKind::silu, ActivationKind::sigmoid, ActivationKind::hard_swish}) {
      Net net;
      net.add("act", Activation{kind}, {net.input("x", {2, channels, 9, 11})});
      HalfNet(net).check(cpu::half_pass);
    }
    for (const int tail : {0, 1, 3, 10}) {
      Net net;
      const Shape shape{2, channels, 9, 11};
      followed_by(net, net.add("add", Binary{BinaryKind::add}, {net.input("x", shape), net.input("z", shape)}), tail);
      HalfNet(net).check(cpu::half_pass);
      HalfNet(net, {"z"}).check(cpu::half_pass);
    }
    Net net;
    net.add("norm", BatchNorm{}, {net.input("x", {2, channels, 13, 11})});
    HalfNet(net).check(cpu::half_pass);
  }
  Net twice;
  const ValueId x = twice.input("x", {1, 8, 4, 4});
  twice.add("add", Binary{BinaryKind::add}, {x, x});
  const HalfNet net(twice);
  CHECK_THROWS_AS(static_cast<void>(cpu::half_pass({1, cpu::Isa::avx2}, net.region())), Refused);
}

TEST_CASE("gates in 16 bits, by channel and image") {
  for (const std::int64_t channels : {1, 9, 16, 50}) {
    for (const int tail : {0, 1, 8}) {
      for (const bool floats : {false, true}) {
        Net net;
        const ValueId x = net.input("x", {3, channels, 9, 10}), by = net.input("by", {3, channels, 1, 1});
        followed_by(net, net.add("mul", Binary{BinaryKind::mul}, {x, by}), tail);
        HalfNet(net, floats ? std::vector<std::string>{"by"} : std::vector<std::string>{}).check(cpu::half_pass);
      }
    }
  }
}

TEST_CASE("means and largest values of windows in 16 bits") {
  for (const std::int64_t channels : {1, 9, 16, 64, 150}) {
    for (const std::int64_t side : {1, 3, 12}) {
      Net net;
      net.add("mean", GlobalPool{PoolKind::avg}, {net.input("x", {2, channels, side, side + 1})});
      HalfNet(net).check(cpu::half_pass);
      const ValueId mean = net.graph.nodes.back().outputs[0];
      net.add("flat", Flatten{}, {mean});
      HalfNet(net).check(cpu::half_pass);
    }
    for (const std::int64_t stride : {1, 2}) {
      Pool pool;
      pool.kind = PoolKind::max;
      pool.kernel = Spatial(3);
      pool.stride = Spatial(stride);
      pool.padding = {Padding::Mode::given, Spatial(1), Spatial(1)};
      Net net;
      net.add("pool", pool, {net.input("x", {2, channels, 8, 9})});
      HalfNet(net).check(cpu::half_pass);
    }
  }
}
