// Packed weights that several kernels of a device share: those of one network compiled for several sizes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>

#include "kernels/cpu/onednn/compat.hpp"

namespace banoff::onednn {

using PackedPtr = std::shared_ptr<const dnnl::memory>;

/// Finds what was packed before by a digest (128 bits) of the values and by both layouts, for as long as a kernel has
/// it. For any number of threads.
class WeightCache {
 public:
  /// What `make` packed, now or earlier, from these values in the layout `given` to the layout `wanted`.
  template <class F>
  [[nodiscard]] PackedPtr get(std::span<const float> values, const Md& given, const Md& wanted, F&& make) {
    const Digest digest = digest_of(values);
    if (PackedPtr known = find(digest, given, wanted)) return known;
    PackedPtr made = make();
    add({digest, given, wanted, made});
    return made;
  }

 private:
  using Digest = std::array<std::uint64_t, 2>;
  struct Entry {
    Digest digest;
    Md given, wanted;
    std::weak_ptr<const dnnl::memory> packed;
  };
  [[nodiscard]] static Digest digest_of(std::span<const float> values);
  [[nodiscard]] PackedPtr find(const Digest& digest, const Md& given, const Md& wanted);
  void add(Entry entry);

  std::mutex mutex_;
  std::unordered_multimap<std::uint64_t, Entry> entries_;
};

}  // namespace banoff::onednn
