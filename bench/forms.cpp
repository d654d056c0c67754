// What an activation or norm behind a convolution costs in each of its forms: the time of convolution and tail, by
// shape and layout, all measured in turns on warm memory.
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <stdexcept>

#include "bench/measure/measure.hpp"
#include "bench/measure/statistics.hpp"
#include "kernels/cpu/cpu.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/load/load.hpp"
#include "runtime/plan/offers.hpp"

namespace {

using namespace banoff;

struct ConvolutionShape {
  std::string name, attributes;
  std::int64_t channels, size;
};

const std::vector<ConvolutionShape> shapes{
    {"3x3 64->64 @56", "out: 64, kernel: 3, padding: 1", 64, 56},
    {"3x3 256->256 @14", "out: 256, kernel: 3, padding: 1", 256, 14},
    {"1x1 256->64 @56", "out: 64, kernel: 1", 256, 56},
    {"depthwise 3x3 192 @28", "out: 192, kernel: 3, padding: 1, groups: depthwise", 192, 28},
};

/// Kernels in order, each given by the ops it computes; the convolution is the first op of the first kernel.
struct Form {
  std::string name;
  std::vector<std::vector<std::string>> kernels;
  bool pad_value = false;
};

const std::string lower = "{op: clamp, upper: false}";

const std::vector<Form> forms{
    {"relu", {{"relu"}}},
    {"max", {{lower}}},
    {"max+min", {{"clamp"}}},
    {"relu, bn in the epilogue", {{"relu", "batch_norm"}}},
    {"bn+relu as one pass", {{}, {"batch_norm", "relu"}}},
    {"relu, then a bn pass", {{"relu"}, {"batch_norm"}}},
    {"max+min as a pass", {{}, {"clamp"}}},
    {"kinked, one ratio", {{"kinked"}}},
    {"kinked as a pass", {{}, {"kinked"}}},
    {"pad_value, then a relu pass", {{}, {"relu"}}, true},
};

/// 64-byte aligned memory.
class Memory {
 public:
  explicit Memory(std::size_t bytes) : storage_(bytes + 64) {
    data_ = storage_.data() + (64 - reinterpret_cast<std::uintptr_t>(storage_.data()) % 64);
  }
  [[nodiscard]] std::byte* data() const { return data_; }

 private:
  std::vector<std::byte> storage_;
  std::byte* data_;
};

/// One kernel of a form with its memory; the next one reads where it wrote.
struct Stage {
  std::unique_ptr<Kernel> kernel;
  std::unique_ptr<KernelState> state;
  Memory output, scratch;
  const std::byte* from;
  std::byte* to;

  void run() {
    const std::array<const std::byte*, 1> inputs{from};
    const std::array<std::byte*, 1> outputs{to};
    std::array<std::int64_t, 1> in_count{1};
    std::array<std::int64_t, 1> out_count{1};
    kernel->run({inputs, outputs, in_count, out_count, scratch.data(), state.get()});
  }
};

Graph graph_of(const ConvolutionShape& shape, const Form& form) {
  std::string text = fmt::format("inputs: {{x: [1, {}, {}, {}]}}\nnodes:\n", shape.channels, shape.size, shape.size);
  text += fmt::format("  - conv: {{op: conv, bias: true, {}{}}}\n", shape.attributes,
                      form.pad_value ? ", pad_value: true" : "");
  int count = 0;
  for (const auto& ops : form.kernels) {
    for (const std::string& op : ops) text += fmt::format("  - op{}: {}\n", count++, op);
  }
  Graph graph = parse_yaml(text, form.name).graph;
  randomize_weights(graph, 0, infer_types(graph), [](const Graph& net, const Node& node, const auto& inputs) {
    return reference::compute<float>(net, node, inputs);
  });
  // As a leaky ReLU between two gauges.
  for (NodeId id = 0; id < static_cast<NodeId>(graph.nodes.size()); ++id) {
    if (graph.node(id).as<Kinked>() == nullptr) continue;
    auto slopes = graph.param(graph.node(id), Slot::above)->to_vector<float>();
    for (float& slope : slopes) slope *= 0.1F;
    graph.set_param(id, Slot::below, Tensor::of<float>({std::ssize(slopes)}, slopes));
  }
  return graph;
}

/// The kernels of a form in one layout. Throws refused when the device does not take one of them.
class Runner {
 public:
  Runner(const Device& device, const ConvolutionShape& shape, const Form& form, Layout layout)
      : device_(device), graph_(graph_of(shape, form)), types_(infer_types(graph_)), input_(input_bytes(layout)) {
    ValueId value = graph_.inputs[0].value;
    std::vector<float> image(input_bytes(layout) / sizeof(float));
    for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<float>(i % 97) * 0.02F - 0.9F;
    std::memcpy(input_.data(), image.data(), image.size() * sizeof(float));
    const std::byte* from = input_.data();
    NodeId next = 0;
    for (std::size_t k = 0; k < form.kernels.size(); ++k) {
      const NodeId end = next + static_cast<NodeId>(form.kernels[k].size()) + (k == 0 ? 1 : 0);
      from = add_stage(next, end, value, layout, from, k > 0);
      value = graph_.node(end - 1).outputs[0];
      next = end;
    }
  }

  void run() {
    const Entered entered(device_);
    for (Stage& stage : stages_) stage.run();
  }
  [[nodiscard]] std::string implementation() const {
    std::string names;
    for (const Stage& stage : stages_) names += (names.empty() ? "" : ", ") + stage.kernel->implementation();
    return names;
  }

 private:
  [[nodiscard]] std::size_t bytes(ValueId value, Layout layout) const {
    return device_.bytes(types_[static_cast<std::size_t>(value)], layout);
  }
  [[nodiscard]] std::size_t input_bytes(Layout layout) const { return bytes(graph_.inputs[0].value, layout); }

  /// A pass of its own works in place, as the planner would have it.
  std::byte* add_stage(NodeId first, NodeId end, ValueId input, Layout layout, const std::byte* from, bool in_place) {
    Region region;
    region.graph = &graph_;
    region.types = &types_;
    for (NodeId id = first; id < end; ++id) region.nodes.push_back(id);
    region.inputs = {input};
    region.outputs = graph_.node(end - 1).outputs;
    region.input_layouts = region.output_layouts = {layout};
    const Offers offers = ranked_offers(device_, region);
    if (const auto* refusal = std::get_if<Refusal>(&offers)) fail(ErrorKind::refused, "{}", refusal->reason);
    auto kernel = make_kernel(region, std::get<std::vector<Offer>>(offers));
    auto state = kernel->make_state();
    Memory scratch(kernel->scratch_bytes());
    Memory output(in_place ? 0 : bytes(region.outputs[0], layout));
    std::byte* const to = in_place ? const_cast<std::byte*>(from) : output.data();
    stages_.push_back({std::move(kernel), std::move(state), std::move(output), std::move(scratch), from, to});
    return to;
  }

  const Device& device_;
  Graph graph_;
  std::vector<TensorType> types_;
  Memory input_;
  std::vector<Stage> stages_;
};

struct Row {
  std::string shape, layout, form;
  std::unique_ptr<Runner> runner;
};

std::vector<std::vector<double>> wall_times(const bench::Passes& passes) {
  std::vector<std::vector<double>> times;
  for (const bench::Block& block : passes) {
    std::vector<double>& one = times.emplace_back();
    for (const bench::Sample& sample : block) one.push_back(sample.wall_ms);
  }
  return times;
}

void report(int threads, double seconds) {
  const auto device = cpu::device({.threads = threads});
  std::vector<Row> rows;
  std::vector<bench::Subject> subjects;
  for (const ConvolutionShape& shape : shapes) {
    const auto layouts = device->layouts({DType::f32, {1, shape.channels, shape.size, shape.size}});
    for (const Layout layout : {layouts[0], layouts[1]}) {
      for (const Form& form : forms) {
        rows.push_back({shape.name, std::string(name_of(layout)), form.name,
                        std::make_unique<Runner>(*device, shape, form, layout)});
        const Row& row = rows.back();
        subjects.push_back(bench::subject_of(fmt::format("{}/{}/{}", row.shape, row.layout, row.form),
                                             [runner = row.runner.get()] { runner->run(); }));
      }
    }
  }
  bench::Log log;
  const auto passes = bench::measure(subjects, {100, seconds, 20, 4}, bench::clock_for("cpu", threads), log, {});
  fmt::print("{}\n{:<22} {:<7} {:<28} {:>10} {:>10} {:>8} {:>8}  {}\n", device->name(), "shape", "layout", "form",
             "median us", "least us", "median/", "least/", "implementation");
  bench::Summary relu;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const bench::Summary times = bench::summarize(wall_times(passes[i]), {});
    if (i % forms.size() == 0) relu = times;
    fmt::print("{:<22} {:<7} {:<28} {:>10.1f} {:>10.1f} {:>8.3f} {:>8.3f}  {}\n", rows[i].shape, rows[i].layout,
               rows[i].form, times.median * 1e3, times.min * 1e3, times.median / relu.median, times.min / relu.min,
               rows[i].runner->implementation());
  }
}

}  // namespace

/// forms [THREADS [SECONDS]]: seconds per line, 1 unless given. The last two numbers are relative to the relu's line.
int main(int argc, char** argv) {
  try {
    const int threads = argc > 1 ? std::stoi(argv[1]) : 1;
    const double seconds = argc > 2 ? std::stod(argv[2]) : 1;
    report(threads, seconds);
  } catch (const Error& error) {
    fmt::print(stderr, "forms: {}\n", error.what());
    return error.exit_code();
  } catch (const std::logic_error&) {
    fmt::print(stderr, "usage: banoff_forms [THREADS [SECONDS]]\n");
    return 2;
  }
}
