// What follows a linear op inside an own kernel: described from the region's ops and shapes, read from its parameters
// once a kernel is made of it, pointed at its operands in every run.
#pragma once

#include <array>
#include <vector>

#include "kernels/cpu/packed.hpp"
#include "kernels/cpu/simd/tail.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// What an own kernel's result is stored in: floats, its operands too; or 16 bits, operands as they are stored each.
/// Rounded so coarsely, exponentials need be no better.
enum class TailOf : std::uint8_t { floats, halves };

/// The steps of nodes 1, 2, … of a region, without values by channel.
class TailOutline {
 public:
  static constexpr std::size_t most_steps = 6;
  struct Step {
    simd::TailStep step;
    std::size_t node;  ///< of the region
  };

  /// Throws Refused when a node is no step of a tail. `axis` is the channels'.
  TailOutline(const Region& region, std::size_t axis, TailOf result = TailOf::floats);
  /// The same with node 0 as the first step, on `source`.
  TailOutline(const Region& region, std::size_t axis, TailOf result, ValueId source);

  [[nodiscard]] const std::vector<Step>& steps() const { return steps_; }
  /// The region's inputs that are added, a step each.
  [[nodiscard]] const std::vector<std::size_t>& operands() const { return operands_; }
  /// Microseconds that the steps take, by the measure of onednn/cost.cpp.
  [[nodiscard]] double us(std::int64_t elements, const Machine& machine) const;

 private:
  void add_from(std::size_t first, const Region& region, std::size_t axis, ValueId source);
  void add(const Region& region, std::size_t node, std::size_t axis, ValueId previous);
  void add_operands(const Region& region, std::size_t node, ValueId previous);

  TailOf result_;
  std::vector<Step> steps_;
  std::vector<std::size_t> operands_;
};

/// The steps with their values.
class TailPlan {
 public:
  using Steps = std::array<simd::TailStep, TailOutline::most_steps>;

  /// Throws as TailOutline does. A kernel may count the channels `copies` times: those of so many neighbouring pixels.
  TailPlan(const Region& region, std::size_t axis, std::int64_t copies = 1);
  TailPlan(const Region& region, std::size_t axis, const TailOutline& outline, std::int64_t copies = 1);

  /// The tail with the operands of this run, in `steps`, which must outlive it.
  [[nodiscard]] simd::Tail bind(const KernelArgs& args, Steps& steps) const;

 private:
  std::vector<simd::TailStep> steps_;
  std::vector<std::size_t> operands_;
  std::vector<AlignedFloats> values_;
};

}  // namespace banoff::cpu
