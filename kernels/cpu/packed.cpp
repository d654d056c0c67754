#include "kernels/cpu/packed.hpp"

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <algorithm>
#include <new>

#include "runtime/core/checked.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {
constexpr std::size_t cache_line = 64, huge_page = std::size_t{2} << 20U, widest_vector = 16;
}

void AlignedFloats::Free::operator()(float* data) const { ::operator delete (data, std::align_val_t{alignment}); }

AlignedFloats::AlignedFloats(std::size_t count) : count_(count) {
  const auto bytes = static_cast<std::size_t>(checked_mul(static_cast<std::int64_t>(std::max<std::size_t>(count, 1)),
                                                          static_cast<std::int64_t>(sizeof(float))));
  const std::size_t alignment = bytes >= huge_page ? huge_page : cache_line;
  void* memory = ::operator new (bytes, std::align_val_t{alignment});
#if defined(__linux__)
  if (alignment == huge_page) madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: small pages serve as well
#endif
  data_ = {static_cast<float*>(memory), Free{alignment}};
  std::fill_n(data_.get(), count, 0.0F);
}

AlignedFloats by_channel(std::span<const float> values, std::int64_t copies) {
  const std::size_t count = values.size() * static_cast<std::size_t>(copies);
  AlignedFloats padded(round_up(count, widest_vector));
  for (std::size_t first = 0; first < count; first += values.size()) std::ranges::copy(values, padded.data() + first);
  return padded;
}

}  // namespace banoff::cpu
