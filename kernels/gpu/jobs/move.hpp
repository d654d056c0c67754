// Moving elements: every element of the walked space is read at one place and written at another.
//
// Changes of layout, concatenation, slices, padding, transposes, shuffles and nearest resizing are all of this kind.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

struct MoveDim {
  int extent = 1;
  int from = 0, to = 0;        ///< strides, in units
  const int* table = nullptr;  ///< in place of `from`: where each index reads, or negative: outside
};

struct Move : PerElement {
  static constexpr int most_dims = 6;

  DType type = DType::f32;  ///< unused: bytes are moved
  int unit = 4;             ///< bytes moved together: 1, 2, 4, 8 or 16
  int dims = 0;
  MoveDim dim[most_dims] = {};
  int channel_dim = 0;         ///< the dimension by which `fill` is read
  const void* fill = nullptr;  ///< units written where a table says outside; null: zero
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int item) const {
    int from = 0, to = 0, channel = 0;
    bool outside = false;
    for (int d = dims - 1; d >= 0; --d) {
      const int index = item % dim[d].extent;
      item /= dim[d].extent;
      to += index * dim[d].to;
      if (d == channel_dim) channel = index;
      if (dim[d].table == nullptr) {
        from += index * dim[d].from;
      } else {
        const int at = dim[d].table[index];
        outside = outside || at < 0;
        from += at;
      }
    }
    switch (unit) {
      case 1: return copy<std::uint8_t>(outside, from, channel, to);
      case 2: return copy<std::uint16_t>(outside, from, channel, to);
      case 4: return copy<std::uint32_t>(outside, from, channel, to);
      case 8: return copy<std::uint64_t>(outside, from, channel, to);
      default: return copy<Pack<std::uint64_t, 2>>(outside, from, channel, to);
    }
  }

 private:
  template <class U>
  BANOFF_HD void copy(bool outside, int from, int channel, int to) const {
    auto* const target = static_cast<U*>(y) + to;
    if (!outside) *target = static_cast<const U*>(x)[from];
    else *target = fill == nullptr ? U{} : static_cast<const U*>(fill)[channel];
  }
};

}  // namespace banoff::gpu
