// One pass over a value, element by element.
#pragma once

#include "kernels/gpu/chain.hpp"

namespace banoff::gpu {

/// y = chain(x), or a chain that starts by itself where x is null. x and y may be the same memory.
struct Pointwise {
  DType type = DType::f32;
  int count = 0;
  bool packed = false;  ///< count is a multiple of the elements of a pack
  const void* x = nullptr;
  void* y = nullptr;
  Chain chain;

  template <class T>
  BANOFF_HD int items() const {
    return packed ? count / wide<T> : count;
  }
  template <class T>
  BANOFF_HD void operator()(int item) const {
    if (packed) pass<T, wide<T>>(item * wide<T>);
    else pass<T, 1>(item);
  }

 private:
  template <class T, int V>
  BANOFF_HD void pass(int i) const {
    float values[V] = {};
    if (x != nullptr) load(static_cast<const T*>(x), i, values);
    apply<T>(chain, i, values);
    store(static_cast<T*>(y), i, values);
  }
};

/// Local response normalisation across channels; the memory is [outer][channels][inner].
struct LocalResponse : PerElement {
  DType type = DType::f32;
  int channels = 1, inner = 1;
  int before = 0, behind = 0;           ///< neighbours that count
  float alpha = 0, beta = 0, bias = 1;  ///< alpha is divided by the number of neighbours already
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    const auto* from = static_cast<const T*>(x);
    const int channel = i / inner % channels;
    float squares = 0;
    for (int c = most(channel - before, 0); c <= least(channel + behind, channels - 1); ++c) {
      const float value = load(from, i + (c - channel) * inner);
      squares += value * value;
    }
    store(static_cast<T*>(y), i, load(from, i) / powf(bias + alpha * squares, beta));
  }
};

/// Converts every element; float to integer truncates toward zero and saturates, a NaN becomes 0.
struct Convert : PerElement {
  DType type = DType::f32;  ///< unused: the element types are looked at one by one
  DType from = DType::f32, to = DType::f32;
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    switch (from) {
      case DType::f32: return from_real(load(static_cast<const float*>(x), i), i);
      case DType::f16: return from_real(load(static_cast<const f16*>(x), i), i);
      case DType::bf16: return from_real(load(static_cast<const bf16*>(x), i), i);
      case DType::i64: return from_whole(static_cast<const std::int64_t*>(x)[i], i);
      case DType::i32: return from_whole(static_cast<const std::int32_t*>(x)[i], i);
      default: return from_whole(static_cast<const std::uint8_t*>(x)[i], i);
    }
  }

 private:
  template <class N>
  BANOFF_HD N saturated(float v, N low, N high) const {
    if (v >= static_cast<float>(high)) return high;
    if (v <= static_cast<float>(low)) return low;
    return v == v ? static_cast<N>(v) : N{0};
  }
  BANOFF_HD bool to_real(float v, int i) const {
    if (to == DType::f32) store(static_cast<float*>(y), i, v);
    else if (to == DType::f16) store(static_cast<f16*>(y), i, v);
    else if (to == DType::bf16) store(static_cast<bf16*>(y), i, v);
    else return false;
    return true;
  }
  BANOFF_HD void from_real(float v, int i) const {
    if (to_real(v, i)) return;
    if (to == DType::boolean) static_cast<std::uint8_t*>(y)[i] = v != 0 ? 1 : 0;
    else if (to == DType::u8) static_cast<std::uint8_t*>(y)[i] = saturated<std::uint8_t>(v, 0, UINT8_MAX);
    else if (to == DType::i32) static_cast<std::int32_t*>(y)[i] = saturated<std::int32_t>(v, INT32_MIN, INT32_MAX);
    else static_cast<std::int64_t*>(y)[i] = saturated<std::int64_t>(v, INT64_MIN, INT64_MAX);
  }
  BANOFF_HD void from_whole(std::int64_t v, int i) const {
    if (to_real(static_cast<float>(v), i)) return;
    if (to == DType::boolean) static_cast<std::uint8_t*>(y)[i] = v != 0 ? 1 : 0;
    else if (to == DType::u8) static_cast<std::uint8_t*>(y)[i] = static_cast<std::uint8_t>(v);
    else if (to == DType::i32) static_cast<std::int32_t*>(y)[i] = static_cast<std::int32_t>(v);
    else static_cast<std::int64_t*>(y)[i] = v;
  }
};

}  // namespace banoff::gpu
