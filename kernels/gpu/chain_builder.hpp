// From nodes to the steps of a chain.
#pragma once

#include "kernels/gpu/kernel.hpp"

namespace banoff::gpu {

/// A chain whose values per channel are still in the host's memory.
struct DescribedChain {
  struct Values {
    std::size_t step;
    const float* ChainStep::*place;
    std::vector<float> values;
  };

  Chain chain;
  std::vector<Values> values;
  /// Region inputs that a step reads whole, in the result's shape and layout.
  std::vector<int> full_operands;

  [[nodiscard]] Chain uploaded(Uploads& uploads) const;
};

/// Builds the chain of elementwise nodes that ends in the region's output. Throws Refused for what is no step.
class ChainBuilder {
 public:
  explicit ChainBuilder(const Region& region);

  /// Values added per channel (axis 1, or the last of a matrix); none when empty.
  void add_bias(const std::vector<float>& bias, std::size_t axis);
  /// The node's steps on the value `before`, which is one of its inputs.
  void add(const Node& node, ValueId before);
  /// Nodes 1, 2, … of the region, each on the value of the one before.
  void add_tail();
  /// A step that starts the chain with operand `value`, broadcast.
  void start_with(ValueId value);
  /// The chain, its operands still to be bound.
  [[nodiscard]] DescribedChain finish();

 private:
  ChainStep& next(StepKind kind);
  /// Values that the last step reads; none when empty.
  void read(const float* ChainStep::*place, std::vector<float> values);
  void set_axis(ChainStep& step, std::size_t axis) const;
  void combine(BinaryKind kind, ValueId operand, bool swapped);
  void set_operand(ChainStep& step, ValueId value);

  const Region& region_;
  const Shape shape_;
  const Layout layout_;
  std::vector<ChainStep> steps_;
  std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> strides_;  ///< of broadcast operands, in memory order
  std::vector<int> full_operands_;
  std::vector<DescribedChain::Values> values_;
};

/// The chain with its operands' memory.
[[nodiscard]] Chain bound(Chain chain, const KernelArgs& args);

}  // namespace banoff::gpu
