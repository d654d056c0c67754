// Moving elements: every element of the walked space is read at one place and written at another.
//
// Changes of layout, concatenation, slices, padding, transposes, shuffles and nearest resizing are all of this kind.
#pragma once

#include "kernels/gpu/jobs/divisor.hpp"

namespace banoff::gpu {

/// Calls f(U{}) with the type of `unit` bytes, which one instruction moves.
template <class F>
BANOFF_HD inline void with_unit(int unit, const F& f) {
  switch (unit) {
    case 1: return f(std::uint8_t{});
    case 2: return f(std::uint16_t{});
    case 4: return f(std::uint32_t{});
    case 8: return f(std::uint64_t{});
    default: return f(Pack<std::uint64_t, 2>{});
  }
}

struct MoveDim {
  Divisor extent;
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
      const int index = dim[d].extent.divide(item);
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
    with_unit(unit, [&](auto u) { copy<decltype(u)>(outside, from, channel, to); });
  }

 private:
  template <class U>
  BANOFF_HD void copy(bool outside, int from, int channel, int to) const {
    auto* const target = static_cast<U*>(y) + to;
    if (!outside) *target = static_cast<const U*>(x)[from];
    else *target = fill == nullptr ? U{} : static_cast<const U*>(fill)[channel];
  }
};

/// The rows of a value, each made of a row of every part: of a concatenation the parts are read, of a split written.
/// Sizes are in units.
struct Slices : PerElement {
  static constexpr int most_parts = 8;

  DType type = DType::f32;   ///< unused: bytes are moved
  int unit = 16;             ///< bytes moved together: 1, 2, 4, 8 or 16
  bool joins = true;         ///< else it splits
  int end[most_parts] = {};  ///< where each part ends in a row of all parts
  Divisor together;          ///< a row of all parts
  int pitch = 1, start = 0;  ///< from row to row of the whole, and where in a row the parts begin
  void* part[most_parts] = {};
  void* whole = nullptr;

  template <class T>
  BANOFF_HD void operator()(int item) const {
    int row = item;
    const int at = together.divide(row);
    int p = 0, begin = 0;
    while (at >= end[p]) begin = end[p++];
    const int in_part = row * (end[p] - begin) + (at - begin);
    const int in_whole = row * pitch + start + at;
    with_unit(unit, [&](auto u) {
      using U = decltype(u);
      auto* const one = static_cast<U*>(part[p]) + in_part;
      auto* const all = static_cast<U*>(whole) + in_whole;
      if (joins) *all = *one;
      else *one = *all;
    });
  }
};

}  // namespace banoff::gpu
