// Compiles a small network as one region of the CPU device, runs it, and compares with the float64 reference.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "kernels/cpu/cpu.hpp"
#include "kernels/layout.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/plan/offers.hpp"

namespace banoff::test {

/// The layouts that the device offers for a value, so that what is tested is what this machine runs. Of pictures and
/// volumes nChw16c where oneDNN may use AVX-512, else nChw8c; beside it channels-last and plain. Of sequences the last
/// two.
inline std::vector<Layout> layouts_of(const Device& device, const Shape& shape = {1, 16, 8, 8}) {
  return device.layouts({DType::f32, shape});
}

/// Those of them that convolutions run in without being the last resort: all but plain.
inline std::vector<Layout> convolution_layouts(const Device& device, const Shape& shape = {1, 16, 8, 8}) {
  std::vector<Layout> layouts = layouts_of(device, shape);
  std::erase(layouts, Layout::plain);
  return layouts;
}

/// The device without own ways to compute a convolution, for what is asked of oneDNN alone.
inline std::unique_ptr<Device> library_device(int threads, std::size_t implementations = 1) {
  return cpu::device({.threads = threads, .implementations = implementations, .exact_convolutions = true});
}

/// A biased 3x3 convolution that keeps the size of its input.
inline Conv conv3x3(std::int64_t out, std::int64_t groups = 1) {
  Conv conv;
  conv.out = out;
  conv.kernel = Spatial(3);
  conv.padding = {Padding::Mode::given, Spatial(1), Spatial(1)};
  conv.groups = groups;
  conv.bias = true;
  return conv;
}

/// 64-byte aligned memory between guards. Holds huge values at first.
class Memory {
 public:
  explicit Memory(std::size_t bytes) : storage_(bytes + 3 * guard, filling), bytes_(bytes) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    data_ = storage_.data() + guard + (guard - address % guard) % guard;
  }
  [[nodiscard]] std::byte* data() { return data_; }
  /// Whether nobody wrote right before or behind it.
  [[nodiscard]] bool intact() const {
    const auto untouched = [](std::byte value) { return value == filling; };
    return std::all_of(data_ - guard, data_, untouched) &&
           std::all_of(data_ + bytes_, data_ + bytes_ + guard, untouched);
  }

 private:
  static constexpr std::size_t guard = 64;
  static constexpr std::byte filling{0x7f};
  std::vector<std::byte> storage_;
  std::size_t bytes_;
  std::byte* data_;
};

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  Tensor normal(Shape shape, float mean = 0, float deviation = 1) {
    std::normal_distribution<float> values(mean, deviation);
    return fill(shape, [&] { return values(engine_); });
  }
  /// Spread over two decades, positive.
  Tensor variance(Shape shape) {
    std::uniform_real_distribution<float> exponent(-1, 1);
    return fill(shape, [&] { return std::pow(10.0F, exponent(engine_)); });
  }

 private:
  template <class F>
  static Tensor fill(Shape shape, F f) {
    std::vector<float> values(static_cast<std::size_t>(shape.elements()));
    for (float& v : values) v = f();
    return Tensor::of<float>(shape, std::move(values));
  }
  std::mt19937 engine_;
};

/// A graph under construction with random parameters.
struct Net {
  Graph graph;
  Random random{7};
  std::map<std::string, Tensor> inputs;

  ValueId input(const std::string& name, Shape shape) {
    std::vector<Dim> dims;
    for (const std::int64_t d : shape) dims.push_back({d, "", false});
    inputs.emplace(name, random.normal(shape, 0.3F));
    return graph.add_input(name, DType::f32, dims);
  }
  ValueId add(const std::string& name, Op op, std::vector<ValueId> from) {
    std::vector<TensorType> types = infer_types(graph);
    std::vector<TensorType> given;
    for (const ValueId v : from) given.push_back(types[static_cast<std::size_t>(v)]);
    Node node{name, op, std::move(from), {}, {}, {"test", 1}};
    const Signature made = signature(op, given);
    for (const ParamSpec& spec : made.params) {
      Tensor value = spec.slot == Slot::var ? random.variance(spec.shape)
                                            : random.normal(spec.shape, mean_of(spec.slot), deviation_of(spec.slot));
      node.params.emplace_back(spec.slot, graph.add_param(name + "." + std::string(slot_name(spec.slot)), value));
    }
    return graph.node(graph.add_node(node, made.outputs.size())).outputs[0];
  }
  float weight_deviation = 0.5F;

 private:
  static float mean_of(Slot slot) {
    if (slot == Slot::mean) return 3.0F;
    return slot == Slot::lower ? -0.6F : slot == Slot::upper ? 0.6F : 0.1F;
  }
  /// The bounds of a clamp stay in order.
  float deviation_of(Slot slot) const {
    if (slot == Slot::lower || slot == Slot::upper) return 0.12F;
    return slot == Slot::weight ? weight_deviation : 1.0F;
  }
};

struct Layouts {
  std::vector<Layout> inputs, outputs;
};

inline Region region_of(const Graph& graph, const std::vector<TensorType>& types, const Layouts& layouts) {
  Region region;
  region.graph = &graph;
  region.types = &types;
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) region.nodes.push_back(id);
  for (const GraphInput& input : graph.inputs) region.inputs.push_back(input.value);
  region.outputs = graph.nodes.back().outputs;
  region.input_layouts = layouts.inputs;
  region.output_layouts = layouts.outputs;
  return region;
}

/// The offers for a region, of which every value has a layout that the device has for it; the slow ones only if
/// `slow_too`.
inline Offers offers_for(const Device& device, const Region& region, bool slow_too = false) {
  const auto offered = [&](ValueId value, Layout layout) {
    CAPTURE(name_of(layout));
    REQUIRE(std::ranges::count(device.layouts(region.type(value)), layout) == 1);
  };
  for (std::size_t i = 0; i < region.inputs.size(); ++i) offered(region.inputs[i], region.input_layouts[i]);
  for (std::size_t i = 0; i < region.outputs.size(); ++i) offered(region.outputs[i], region.output_layouts[i]);
  Offers offers = device.offers(region);
  auto* found = std::get_if<std::vector<Offer>>(&offers);
  if (found == nullptr) return offers;
  const std::string first = found->at(0).implementation;
  if (!slow_too) std::erase_if(*found, [](const Offer& offer) { return offer.slow; });
  return found->empty() ? Refusal{"slow: " + first} : std::move(offers);
}

/// Runs a kernel of one input on `data`.
inline void run_copy(const Kernel& kernel, const std::byte* from, std::byte* to) {
  Memory scratch(kernel.scratch_bytes());
  const auto state = kernel.make_state();
  const std::array<const std::byte*, 1> inputs{from};
  const std::array<std::byte*, 1> outputs{to};
  std::array<std::int64_t, 1> in_count{0};
  std::array<std::int64_t, 1> out_count{0};
  kernel.run({inputs, outputs, in_count, out_count, scratch.data(), state.get()});
}

/// Values in plain layout, from one that the device holds in `layout`.
inline std::vector<float> to_plain(const Device& device, const TensorType& type, Layout layout, const std::byte* data) {
  Memory plain(device.bytes(type, Layout::plain));
  run_copy(*make_kernel(device.reorder(type, layout, Layout::plain)), data, plain.data());
  std::vector<float> values(static_cast<std::size_t>(type.shape.elements()));
  std::memcpy(values.data(), plain.data(), values.size() * sizeof(float));
  return values;
}

/// Whether the channels that only fill up the last block are zero, as every reader of a blocked layout may expect.
inline bool padding_is_zero(const Shape& shape, Layout layout, const std::byte* data) {
  const Blocks view = blocks_of(shape, layout);
  const auto* values = reinterpret_cast<const float*>(data);
  for (std::int64_t i = 0; i < view.elements(); ++i) {
    const std::int64_t block = i / (view.spatial * view.lanes) % view.blocks;
    if (block * view.lanes + i % view.lanes >= view.channels && values[i] != 0) return false;
  }
  return true;
}

/// Runs the kernel of a region, in place where it asks for that, and returns its outputs in plain layout.
inline std::vector<std::vector<float>> run(const Device& device, const Kernel& kernel, const Region& region,
                                           const std::map<std::string, Tensor>& given) {
  std::vector<Memory> memory;
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  for (std::size_t i = 0; i < region.inputs.size(); ++i) {
    const TensorType& type = region.type(region.inputs[i]);
    memory.emplace_back(device.bytes(type, region.input_layouts[i]));
    const Tensor& tensor = given.at(region.graph->value(region.inputs[i]).name);
    run_copy(*make_kernel(device.reorder(type, Layout::plain, region.input_layouts[i])), tensor.data(),
             memory.back().data());
    inputs.push_back(memory.back().data());
  }
  for (std::size_t i = 0; i < region.outputs.size(); ++i) {
    memory.emplace_back(device.bytes(region.type(region.outputs[i]), region.output_layouts[i]));
    outputs.push_back(memory.back().data());
  }
  if (kernel.in_place_input() != none) outputs[0] = memory[static_cast<std::size_t>(kernel.in_place_input())].data();
  Memory scratch(kernel.scratch_bytes());
  const auto state = kernel.make_state();
  std::vector<std::int64_t> in_counts(inputs.size(), 0);
  std::vector<std::int64_t> out_counts(outputs.size(), 0);
  {
    const Entered entered(device);
    kernel.run({inputs, outputs, in_counts, out_counts, scratch.data(), state.get()});
  }
  CHECK(scratch.intact());
  for (const Memory& value : memory) CHECK(value.intact());
  std::vector<std::vector<float>> result;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    CHECK(padding_is_zero(region.type(region.outputs[i]).shape, region.output_layouts[i], outputs[i]));
    result.push_back(to_plain(device, region.type(region.outputs[i]), region.output_layouts[i], outputs[i]));
  }
  return result;
}

/// Largest difference relative to the largest expected magnitude.
inline double distance(const std::vector<float>& got, const std::vector<double>& expected) {
  REQUIRE(got.size() == expected.size());
  double largest = 1e-30;
  double worst = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(expected[i]) && std::isnan(got[i])) continue;
    largest = std::max(largest, std::abs(expected[i]));
    const double difference = std::abs(static_cast<double>(got[i]) - expected[i]);
    worst = std::isnan(difference) ? HUGE_VAL : std::max(worst, difference);
  }
  return worst / largest;
}

/// Runs every offer for the whole net as one region in these layouts, or returns the reason why there is none.
inline std::string check_region(const Device& device, Net& net, const Layouts& layouts, double tolerance = 1e-5,
                                bool slow_too = false) {
  const auto types = infer_types(net.graph);
  const Region region = region_of(net.graph, types, layouts);
  const Offers offers = offers_for(device, region, slow_too);
  if (const auto* refusal = std::get_if<Refusal>(&offers)) return refusal->reason;
  const auto expected = reference::run<double>(net.graph, net.inputs,
                                               [&](ValueId v) { return std::ranges::count(region.outputs, v) > 0; });
  for (const Offer& offer : std::get<std::vector<Offer>>(offers)) {
    const auto kernel = make_kernel(offer);
    CAPTURE(offer.implementation);
    CHECK(kernel->implementation() == offer.implementation);
    const auto got = run(device, *kernel, region, net.inputs);
    for (std::size_t i = 0; i < got.size(); ++i) {
      CHECK(distance(got[i], expected.at(region.outputs[i]).to_vector<double>()) < tolerance);
    }
  }
  return "";
}

}  // namespace banoff::test
