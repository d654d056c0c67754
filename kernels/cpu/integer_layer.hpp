// Own ways to compute layers on numbers of 8 bits: what of a region the kernels on bytes are told.
#pragma once

#include "kernels/cpu/packed.hpp"
#include "kernels/cpu/simd/int8.hpp"
#include "kernels/region.hpp"

namespace banoff::cpu {

/// How a value is stored that must be in u8; throws Refused, with what it is, where it is not.
[[nodiscard]] Stored stored_bytes(const TensorType& type, const char* what);
/// The numbers between which relu or clip keeps a result; throws Refused for other activations.
[[nodiscard]] std::pair<std::int32_t, std::int32_t> stored_bounds(const Activation& op, const Stored& result);

/// A convolution or dense layer with weights on a grid of a value stored in u8, with what follows: a sum with a value
/// stored in u8, relu, clip or SiLU, a fake_quantize into u8. Throws Refused for any other region.
struct IntegerLayer {
  explicit IntegerLayer(const Region& region);

  /// The weights' numbers, and per output what a ByteTarget scales sums with.
  [[nodiscard]] std::vector<std::int8_t> numbers(const Region& region) const;
  struct Scales {
    AlignedFloats scale, shift;
  };
  /// `sums` of the numbers by output.
  [[nodiscard]] Scales scales(const Region& region, const std::vector<std::int8_t>& numbers) const;

  Stored source;
  std::optional<Stored> result;  ///< none: floats
  std::optional<Stored> addend;
  std::size_t source_input = 0, addend_input = 0;  ///< of the region
  std::int32_t low = 0, high = 255;
  bool silu = false;  ///< before it is rounded
  std::int64_t out = 1;
};

/// What does not change from run to run.
class IntegerTarget {
 public:
  IntegerTarget(const IntegerLayer& layer, IntegerLayer::Scales scales, const simd::ByteIsa& isa);
  [[nodiscard]] simd::ByteTarget bind(const KernelArgs& args) const;

 private:
  IntegerLayer::Scales scales_;
  bool floats_, adds_;
  std::size_t addend_input_;
  simd::ByteTarget target_;
};

/// Memory of packed weights.
[[nodiscard]] AlignedFloats bytes_of_weights(std::int64_t count);

}  // namespace banoff::cpu
