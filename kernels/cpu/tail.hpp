// What follows a linear op inside an own kernel: read from the region once, pointed at its operands in every run.
#pragma once

#include <array>
#include <vector>

#include "kernels/cpu/packed.hpp"
#include "kernels/cpu/simd/tail.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// The steps of nodes 1, 2, … of a region, with their values by channel.
class TailPlan {
 public:
  static constexpr std::size_t most_steps = 6;
  using Steps = std::array<simd::TailStep, most_steps>;

  /// Throws Refused when a node is no step of a tail. `axis` is the channels', which a kernel may count `copies` times:
  /// those of so many neighbouring pixels.
  TailPlan(const Region& region, std::size_t axis, std::int64_t copies = 1);

  /// The tail with the operands of this run, in `steps`, which must outlive it.
  [[nodiscard]] simd::Tail bind(const KernelArgs& args, Steps& steps) const;
  /// The region's inputs that are added.
  [[nodiscard]] const std::vector<std::size_t>& operands() const { return inputs_; }
  /// Microseconds that the steps take, by the measure of onednn/cost.cpp.
  [[nodiscard]] double us(std::int64_t elements, const Machine& machine) const;

 private:
  void add(const Region& region, const Node& node, ValueId previous, std::size_t axis);
  void add_activation(const Activation& activation);
  void push(simd::TailKind kind, std::initializer_list<std::vector<float>> values);

  std::int64_t copies_;
  std::vector<simd::TailStep> steps_;
  std::vector<std::size_t> inputs_;  ///< of each step that adds one: the region's input
  std::vector<AlignedFloats> values_;
};

}  // namespace banoff::cpu
