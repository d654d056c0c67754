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

/// A node's kernel. Its region lists every input once, the node may read one several times: then the node's own lists
/// of inputs and counts are laid out at the start of the scratch memory.
class NodeKernel final : public Kernel {
 public:
  /// `order`: for each input of the node, its place in the region; empty when they are the same.
  NodeKernel(Prepared prepared, std::vector<std::size_t> order)
      : prepared_(std::move(prepared)), order_(std::move(order)), lists_(aligned(order_.size() * sizeof(Input))) {}

  void run(const KernelArgs& args) const override {
    if (order_.empty()) return prepared_.run(args);
    const std::size_t count = order_.size();
    auto* const inputs = reinterpret_cast<const std::byte**>(args.scratch);
    auto* const counts = reinterpret_cast<std::int64_t*>(args.scratch + count * sizeof(const std::byte*));
    for (std::size_t i = 0; i < count; ++i) {
      inputs[i] = args.inputs[order_[i]];
      counts[i] = args.input_counts[order_[i]];
    }
    prepared_.run({std::span(inputs, count), args.outputs, std::span(counts, count), args.output_counts,
                   args.scratch + lists_, args.state});
  }
  [[nodiscard]] std::size_t scratch_bytes() const override { return lists_ + prepared_.scratch_bytes; }
  [[nodiscard]] std::string implementation() const override { return "reference"; }
  [[nodiscard]] std::size_t weight_bytes() const override { return prepared_.weight_bytes; }

 private:
  struct Input {
    const std::byte* memory;
    std::int64_t count;
  };
  static constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

  Prepared prepared_;
  std::vector<std::size_t> order_;
  std::size_t lists_;  ///< bytes
};

class CopyKernel final : public Kernel {
 public:
  explicit CopyKernel(std::size_t bytes) : bytes_(bytes) {}
  void run(const KernelArgs& args) const override {
    std::memcpy(args.outputs[0], args.inputs[0], bytes_);
    args.output_counts[0] = args.input_counts[0];
  }
  [[nodiscard]] std::string implementation() const override { return "copy"; }

 private:
  std::size_t bytes_;
};

template <class T>
class ReferenceDevice final : public Device {
 public:
  [[nodiscard]] std::string name() const override { return fmt::format("reference ({})", name_of(dtype_of<T>)); }

  [[nodiscard]] std::vector<Layout> layouts(const TensorType&) const override { return {Layout::plain}; }

  [[nodiscard]] DType storage(DType type) const override { return held<T>(type); }

  [[nodiscard]] std::size_t bytes(const TensorType& type, Layout layout) const override {
    if (layout != Layout::plain) fail_internal("the reference has no layout {}", name_of(layout));
    const auto size = static_cast<std::int64_t>(size_of(storage(type.dtype)));
    return static_cast<std::size_t>(checked_mul(type.shape.elements(), size));
  }

  [[nodiscard]] Offers offers(const Region& region) const override {
    if (region.nodes.size() != 1) return Refusal{"the reference computes one node at a time"};
    const auto plain = [](Layout layout) { return layout == Layout::plain; };
    if (!std::ranges::all_of(region.input_layouts, plain) || !std::ranges::all_of(region.output_layouts, plain)) {
      return Refusal{"the reference has plain layouts only"};
    }
    const Node& node = region.graph->node(region.nodes[0]);
    if (region.outputs != node.outputs) return Refusal{"the reference writes every output of a node, in their order"};
    std::vector<TensorType> inputs;
    std::vector<std::size_t> order;
    for (const ValueId input : node.inputs) {
      const auto place = std::ranges::find(region.inputs, input);
      if (place == region.inputs.end()) fail_internal("node '{}' reads a value outside its region", node.name);
      inputs.push_back(region.type(input));
      order.push_back(static_cast<std::size_t>(place - region.inputs.begin()));
    }
    if (region.inputs == node.inputs) order.clear();
    const auto make = [&graph = *region.graph, &node, inputs, order]() -> Compiled {
      return std::make_unique<NodeKernel>(prepare<T>(graph, node, inputs), order);
    };
    return std::vector<Offer>{{"reference", no_alternative, false, make}};
  }

  [[nodiscard]] Offer reorder(const TensorType& type, Layout from, Layout to) const override {
    if (from != Layout::plain) fail_internal("the reference has no layout {}", name_of(from));
    const auto make = [count = bytes(type, to)]() -> Compiled { return std::make_unique<CopyKernel>(count); };
    return {"copy", no_alternative, false, make};
  }
};

}  // namespace

std::unique_ptr<Device> device(DType precision) {
  if (precision == DType::f32) return std::make_unique<ReferenceDevice<float>>();
  if (precision == DType::f64) return std::make_unique<ReferenceDevice<double>>();
  fail_usage("the reference computes in f32 or f64, not in {}", name_of(precision));
}

}  // namespace banoff::reference
