// One pass over a value, element by element.
#pragma once

#include "kernels/gpu/chain.hpp"
#include "kernels/gpu/number.hpp"

namespace banoff::gpu {

/// y = chain(x), or a chain that starts by itself where x is null. x and y may be the same memory.
struct Pointwise {
  static constexpr int threads = 256, resident = 4;

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
    if (is_real(from)) {
      const float v = real_at(x, from, i);
      if (is_real(to)) put(y, to, i, v);
      else put(y, to, i, whole_of(v, to));
    } else {
      const std::int64_t v = whole_at(x, from, i);
      if (is_real(to)) put(y, to, i, real_of(v, from));
      else put(y, to, i, v);
    }
  }
};

/// Floats to the integers of a grid and back: q = round(x / scale) + zero_point between the type's ends, halves to the
/// even neighbour and a NaN to zero_point; x = scale (q - zero_point).
struct Regrid : PerElement {
  DType type = DType::f32;  ///< unused: the element types are looked at one by one
  DType from = DType::f32, to = DType::u8;
  float scale = 1;
  std::int64_t zero_point = 0;
  std::int64_t low = 0, high = 0;  ///< ends of the integer type
  const void* x = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    if (!is_real(from)) return put(y, to, i, static_cast<float>(whole_at(x, from, i) - zero_point) * scale);
    const float steps = rintf(real_at(x, from, i) / scale);
    if (!(steps == steps)) return put(y, to, i, zero_point);
    constexpr float beyond = 0x1p40F;  // any type's ends
    const auto number = static_cast<std::int64_t>(least(most(steps, -beyond), beyond)) + zero_point;
    put(y, to, i, least(most(number, low), high));
  }
};

}  // namespace banoff::gpu
