// Packed weights that several kernels of a device share: those of one network compiled for several sizes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>

namespace banoff::cpu {

/// 128 bits that tell tensors of values apart.
using Digest = std::array<std::uint64_t, 2>;
[[nodiscard]] Digest digest_of(std::span<const float> values);

/// Finds what was packed before by a digest of the values and by how they lie (`Form`, which can be compared), for as
/// long as a kernel has it. For any number of threads.
template <class Form, class Packed>
class WeightCache {
 public:
  using Pointer = std::shared_ptr<const Packed>;

  /// What `make` packed, now or earlier, from these values in this form.
  template <class F>
  [[nodiscard]] Pointer get(std::span<const float> values, const Form& form, F&& make) {
    const Digest digest = digest_of(values);
    if (Pointer known = find(digest, form)) return known;
    Pointer made = make();
    const std::scoped_lock lock(mutex_);
    std::erase_if(entries_, [](const auto& known) { return known.second.packed.expired(); });
    entries_.emplace(digest[0], Entry{digest, form, made});
    return made;
  }

 private:
  struct Entry {
    Digest digest;
    Form form;
    std::weak_ptr<const Packed> packed;
  };

  [[nodiscard]] Pointer find(const Digest& digest, const Form& form) {
    const std::scoped_lock lock(mutex_);
    const auto [first, last] = entries_.equal_range(digest[0]);
    for (auto entry = first; entry != last; ++entry) {
      const Entry& known = entry->second;
      if (known.digest != digest || !(known.form == form)) continue;
      if (Pointer packed = known.packed.lock()) return packed;
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::unordered_multimap<std::uint64_t, Entry> entries_;
};

}  // namespace banoff::cpu
