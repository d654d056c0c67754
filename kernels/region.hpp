// Reading a region, for every device that compiles them: its parameters as floats, its chain of nodes, which operand is
// which input.
#pragma once

#include <optional>

#include "kernels/device.hpp"

namespace banoff {

/// Thrown by what describes a region or makes its kernel, and turned into a Refusal by `attempt`.
struct Refused {
  std::string reason;
};

/// What `body` returns; a Refused becomes a Refusal. `Result` is Offers or Compiled.
template <class Result, class F>
[[nodiscard]] Result attempt(F&& body) {
  try {
    return body();
  } catch (Refused& refused) {
    return Refusal{std::move(refused.reason)};
  }
}

/// The element type values are held in: floats of every width as f32.
[[nodiscard]] constexpr DType held(DType type) {
  return type == DType::f64 || type == DType::f16 || type == DType::bf16 ? DType::f32 : type;
}

/// Position of a value among the region's inputs; throws Refused when it is none of them.
[[nodiscard]] std::size_t input_of(const Region& region, ValueId value);

/// The node's parameter converted to float, or empty when it has none.
[[nodiscard]] std::vector<float> floats(const Region& region, const Node& node, Slot slot);
/// The same of a parameter that the node has, as an f32 tensor: where it is one already, without a copy.
[[nodiscard]] Tensor float_tensor(const Region& region, const Node& node, Slot slot);

/// Throws Refused unless the region is a chain (each node reads the one before, one output, the last one's) of values
/// held in f32.
void require_float_chain(const Region& region);

/// y = scale x + shift along `axis`: what a batch norm or affine node is.
struct ScaleShift {
  std::vector<float> scale, shift;
  std::size_t axis = 1;
};
/// none for other nodes. Computed in double and rounded once.
[[nodiscard]] std::optional<ScaleShift> scale_shift_of(const Region& region, const Node& node);

/// y = kink + (x - kink) * (x < kink ? below : above) along `axis`: what a kinked or PReLU node is.
struct Kinks {
  std::vector<float> kink, below, above;
  std::size_t axis = 1;
};
/// none for other nodes.
[[nodiscard]] std::optional<Kinks> kinks_of(const Region& region, const Node& node);

}  // namespace banoff
