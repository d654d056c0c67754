// What the own kernels read besides values of the network: floats that lie on cache lines, shared between kernels.
#pragma once

#include <span>
#include <string>

#include "kernels/cpu/isa.hpp"
#include "kernels/cpu/weight_cache.hpp"
#include "kernels/region.hpp"
#include "runtime/core/aligned_memory.hpp"

namespace banoff::cpu {

/// Floats as allocate_aligned() lays them, zero at first.
class AlignedFloats {
 public:
  explicit AlignedFloats(std::size_t count);

  [[nodiscard]] float* data() { return static_cast<float*>(static_cast<void*>(memory_.get())); }
  [[nodiscard]] const float* data() const { return static_cast<const float*>(static_cast<const void*>(memory_.get())); }
  [[nodiscard]] std::size_t size() const { return count_; }
  [[nodiscard]] std::size_t bytes() const { return count_ * sizeof(float); }

 private:
  std::size_t count_;
  AlignedMemory memory_;
};

/// From weights of a shape to a form by name: the same values in another shape are other weights.
struct PackedForm {
  Shape shape;
  std::string name;
  bool operator==(const PackedForm&) const = default;
};
using PackedWeights = WeightCache<PackedForm, AlignedFloats>;
using PackedFloats = PackedWeights::Pointer;

/// What offering and making own kernels needs to know of the device. Outlives its offers.
struct Machine {
  int threads = 1;
  Isa isa = Isa::avx2;
  bool exact_convolutions = false;  ///< plain sums only
  std::shared_ptr<PackedWeights> weights = std::make_shared<PackedWeights>();

  /// What `pack` makes of the values of the region's weights, now or earlier. `form` names all that it depends on
  /// beside them and their shape.
  template <class F>
  [[nodiscard]] PackedFloats packed(const Region& region, std::string form, F&& pack) const {
    const Tensor weight = float_tensor(region, region.node(0), Slot::weight);
    const std::span<const float> values = weight.values<float>();
    return weights->get(values, {weight.shape(), std::move(form)},
                        [&] { return std::make_shared<const AlignedFloats>(pack(values)); });
  }
};

/// Values by channel, `copies` times, with zeros up to a whole number of the widest vectors.
[[nodiscard]] AlignedFloats by_channel(std::span<const float> values, std::int64_t copies = 1);

}  // namespace banoff::cpu
