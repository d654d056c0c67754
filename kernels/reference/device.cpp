// The reference kernels behind the interface that the planner knows.
#include <algorithm>
#include <cstring>

#include "kernels/reference/prepare.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::reference {

namespace {

/// Nothing here is worth choosing between: every value has one layout and every node one kernel.
constexpr double no_alternative = 0;

class NodeKernel final : public Kernel {
 public:
  explicit NodeKernel(Prepared prepared) : prepared_(std::move(prepared)) {}
  void run(const KernelArgs& args) const override { prepared_.run(args); }
  [[nodiscard]] std::size_t scratch_bytes() const override { return prepared_.scratch_bytes; }
  [[nodiscard]] std::string implementation() const override { return "reference"; }
  [[nodiscard]] std::size_t weight_bytes() const override { return prepared_.weight_bytes; }
  [[nodiscard]] double cost_us() const override { return no_alternative; }

 private:
  Prepared prepared_;
};

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(std::size_t bytes) : bytes_(bytes) {}
  void run(const KernelArgs& args) const override {
    std::memcpy(args.outputs[0], args.inputs[0], bytes_);
    args.output_counts[0] = args.input_counts[0];
  }
  [[nodiscard]] std::string implementation() const override { return "copy"; }
  [[nodiscard]] double cost_us() const override { return no_alternative; }

 private:
  std::size_t bytes_;
};

template <class T>
class ReferenceDevice final : public Device {
 public:
  [[nodiscard]] std::string name() const override { return fmt::format("reference ({})", name_of(dtype_of<T>)); }

  [[nodiscard]] std::vector<Layout> layouts(const TensorType&) const override { return {Layout::plain}; }

  [[nodiscard]] std::size_t bytes(const TensorType& type, Layout layout) const override {
    if (layout != Layout::plain) fail_internal("the reference has no layout {}", name_of(layout));
    const auto size = static_cast<std::int64_t>(size_of(held<T>(type.dtype)));
    return static_cast<std::size_t>(checked_mul(type.shape.elements(), size));
  }

  [[nodiscard]] Compiled compile(const Region& region) const override {
    if (region.nodes.size() != 1) return Refusal{"the reference computes one node at a time"};
    const auto plain = [](Layout layout) { return layout == Layout::plain; };
    if (!std::ranges::all_of(region.input_layouts, plain) || !std::ranges::all_of(region.output_layouts, plain)) {
      return Refusal{"the reference has plain layouts only"};
    }
    const Node& node = region.graph->node(region.nodes[0]);
    if (region.inputs != node.inputs || region.outputs != node.outputs) {
      return Refusal{"the reference reads and writes exactly the node's inputs and outputs, in their order"};
    }
    std::vector<TensorType> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(region.type(input));
    return std::make_unique<NodeKernel>(prepare<T>(*region.graph, node, inputs));
  }

  [[nodiscard]] std::unique_ptr<Kernel> reorder(const TensorType& type, Layout from, Layout to) const override {
    if (from != Layout::plain) fail_internal("the reference has no layout {}", name_of(from));
    return std::make_unique<CopyKernel>(bytes(type, to));
  }
};

}  // namespace

std::unique_ptr<Device> device(DType precision) {
  if (precision == DType::f32) return std::make_unique<ReferenceDevice<float>>();
  if (precision == DType::f64) return std::make_unique<ReferenceDevice<double>>();
  fail_usage("the reference computes in f32 or f64, not in {}", name_of(precision));
}

}  // namespace banoff::reference
