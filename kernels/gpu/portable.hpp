// What lets the same element functions be compiled for the GPU and, in tests, for the host.
#pragma once

#include <cmath>
#include <cstdint>

#include "runtime/core/half.hpp"
#include "runtime/graph/ops.hpp"

#if defined(__CUDACC__)
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#define BANOFF_HD __host__ __device__
#else
#define BANOFF_HD
#endif

// Loops over values in registers have to be unrolled on a GPU, where registers cannot be counted through.
#if defined(__CUDA_ARCH__)
#define BANOFF_UNROLL _Pragma("unroll")
#define BANOFF_UNROLL_BY(n) _Pragma(BANOFF_TEXT(unroll n))
#define BANOFF_TEXT(text) #text
#else
#define BANOFF_UNROLL
#define BANOFF_UNROLL_BY(n)
#endif

namespace banoff::gpu {

// Values are stored as float, f16 or bf16 and computed with as float. Positions are ints: a value of more elements is
// refused when its kernel is compiled, and a division of ints costs a GPU a third of one of 64 bits.

BANOFF_HD inline float load(const float* p, int i) { return p[i]; }
BANOFF_HD inline void store(float* p, int i, float v) { p[i] = v; }

BANOFF_HD inline float load(const f16* p, int i) {
#if defined(__CUDA_ARCH__)
  return __half2float(reinterpret_cast<const __half*>(p)[i]);
#else
  return to_float(p[i]);
#endif
}
BANOFF_HD inline void store(f16* p, int i, float v) {
#if defined(__CUDA_ARCH__)
  reinterpret_cast<__half*>(p)[i] = __float2half_rn(v);
#else
  p[i] = to_f16(v);
#endif
}

BANOFF_HD inline float load(const bf16* p, int i) {
#if defined(__CUDA_ARCH__)
  return __bfloat162float(reinterpret_cast<const __nv_bfloat16*>(p)[i]);
#else
  return to_float(p[i]);
#endif
}
BANOFF_HD inline void store(bf16* p, int i, float v) {
#if defined(__CUDA_ARCH__)
  reinterpret_cast<__nv_bfloat16*>(p)[i] = __float2bfloat16_rn(v);
#else
  p[i] = to_bf16(v);
#endif
}

/// A job of one thread for each of `count` elements.
struct PerElement {
  int count = 0;

  template <class T>
  BANOFF_HD int items() const {
    return count;
  }
};

/// Elements that one thread moves at a time: 16 bytes.
template <class T>
inline constexpr int wide = static_cast<int>(16 / sizeof(T));

/// Neighbouring elements, loaded and stored by one instruction.
template <class T, int V>
struct alignas(sizeof(T) * V) Pack {
  T values[V];
};

template <class T, int V>
BANOFF_HD inline void load(const T* p, int i, float (&x)[V]) {
  const auto pack = *reinterpret_cast<const Pack<T, V>*>(p + i);
  for (int v = 0; v < V; ++v) x[v] = load(pack.values, v);
}
template <class T, int V>
BANOFF_HD inline void store(T* p, int i, const float (&x)[V]) {
  Pack<T, V> pack;
  for (int v = 0; v < V; ++v) store(pack.values, v, x[v]);
  *reinterpret_cast<Pack<T, V>*>(p + i) = pack;
}

template <class N>
BANOFF_HD inline N least(N a, N b) {
  return b < a ? b : a;
}
template <class N>
BANOFF_HD inline N most(N a, N b) {
  return a < b ? b : a;
}

/// Maximum and minimum that keep a NaN.
BANOFF_HD inline float larger(float a, float b) { return b > a || b != b ? b : a; }
BANOFF_HD inline float smaller(float a, float b) { return b < a || b != b ? b : a; }

}  // namespace banoff::gpu
