// From nodes to the steps of a chain.
#pragma once

#include "kernels/gpu/kernel.hpp"

namespace banoff::gpu {

/// Builds the chain of elementwise nodes that ends in the region's output. Throws Refused for what is no step.
class ChainBuilder {
 public:
  ChainBuilder(const Region& region, Uploads& uploads);

  /// Values added per channel (axis 1, or the last of a matrix); none when empty.
  void add_bias(const std::vector<float>& bias, std::size_t axis);
  /// The node's steps on the value `before`, which is one of its inputs.
  void add(const Node& node, ValueId before);
  /// A step that starts the chain with operand `value`, broadcast.
  void start_with(ValueId value);
  /// The chain, its operands still to be bound.
  [[nodiscard]] Chain finish();

  /// Region inputs that a step reads whole, in the result's shape and layout.
  [[nodiscard]] const std::vector<int>& full_operands() const { return full_operands_; }

 private:
  ChainStep& next(StepKind kind);
  void set_axis(ChainStep& step, std::size_t axis) const;
  void combine(BinaryKind kind, ValueId operand, bool swapped);
  void set_operand(ChainStep& step, ValueId value);

  const Region& region_;
  Uploads& uploads_;
  const Shape shape_;
  const Layout layout_;
  std::vector<ChainStep> steps_;
  std::vector<std::pair<std::size_t, std::vector<std::int64_t>>> strides_;  ///< of broadcast operands, in memory order
  std::vector<int> full_operands_;
};

/// The chain with its operands' memory.
[[nodiscard]] Chain bound(Chain chain, const KernelArgs& args);

}  // namespace banoff::gpu
