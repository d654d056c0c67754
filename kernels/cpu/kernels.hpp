// The own kernels of the CPU, by family. Each function offers a way to compute a region or throws Refused (region.hpp).
#pragma once

#include <type_traits>

#include "kernels/region.hpp"

namespace banoff::cpu {

using FamilyOffer = Offer (*)(const Region& region, int threads);

/// Kernels that are made alike, and the ops that their regions begin with: an op gets a kernel by joining one.
struct Family {
  FamilyOffer offer;
  std::vector<std::size_t> ops;  ///< places in OpVariant
};
/// The place of Op among the alternatives.
template <class Op, class... All>
[[nodiscard]] constexpr std::size_t place_in(std::type_identity<std::variant<All...>>) {
  std::size_t place = 0;
  static_cast<void>(((std::is_same_v<Op, All> || (++place, false)) || ...));
  return place;
}
template <class... Ops>
[[nodiscard]] Family family(FamilyOffer offer) {
  return {offer, {place_in<Ops>(std::type_identity<OpVariant>{})...}};
}

/// Batch norm, affine, clamp, kinked, PReLU, activations and elementwise arithmetic, any chain of them, in one pass
/// over memory.
[[nodiscard]] Family pointwise();
/// Max and average pooling, also adaptive.
[[nodiscard]] Family pooling();
/// Global pooling, also followed by a flatten; means over trailing axes.
[[nodiscard]] Family global_pooling();
/// Whatever only moves elements: concat, split, slice, pad, transpose, channel shuffle, reshapes.
[[nodiscard]] Family movement();
/// Nearest resize too, which only moves elements.
[[nodiscard]] Offer offer_movement(const Region& region, int threads);
[[nodiscard]] Family resizing();
/// Softmax, group norm, instance norm and layer norm.
[[nodiscard]] Family normalisation();
/// Between floats and integers of 8 bits.
[[nodiscard]] Family grids();
/// Decoding, suppression, RoIAlign and the choice of a mask. Of bounded values the rows that count are computed, the
/// others are zero.
[[nodiscard]] Family detection();

/// What the family of the region's first node offers; Refused names why there is nothing.
[[nodiscard]] Offer offer(const Region& region, int threads);

}  // namespace banoff::cpu
