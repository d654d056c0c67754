#include "kernels/cpu/kernels.hpp"

namespace banoff::cpu {

namespace {
template <class T, class... Others>
constexpr bool one_of = (std::is_same_v<T, Others> || ...);
}  // namespace

Offer offer(const Region& region, int threads) {
  const auto family = std::visit(
      []<class T>(const T&) -> Offer (*)(const Region&, int) {
        if constexpr (one_of<T, Pool, AdaptiveAvgPool>) return pool;
        else if constexpr (one_of<T, GlobalPool, Reduce>) return global_pool;
        else if constexpr (std::is_same_v<T, Resize>) return resize;
        else if constexpr (one_of<T, Softmax, GroupNorm, LayerNorm>) return normalisation;
        else if constexpr (one_of<T, DecodeBoxes, Nms, RoiAlign, PickChannel>) return detection;
        else if constexpr (one_of<T, Concat, Split, Slice, ChannelShuffle, Reshape, Transpose, Flatten, Squeeze,
                                  Unsqueeze, Pad, Identity>)
          return movement;
        else return pointwise;
      },
      region.node(0).op);
  return family(region, threads);
}

}  // namespace banoff::cpu
