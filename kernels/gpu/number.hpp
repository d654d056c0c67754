// Elements of any type as numbers, for jobs whose element types are looked at one by one.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

BANOFF_HD inline bool is_real(DType type) { return type == DType::f32 || type == DType::f16 || type == DType::bf16; }

BANOFF_HD inline float real_at(const void* memory, DType type, int i) {
  if (type == DType::f16) return load(static_cast<const f16*>(memory), i);
  if (type == DType::bf16) return load(static_cast<const bf16*>(memory), i);
  return static_cast<const float*>(memory)[i];
}

BANOFF_HD inline std::int64_t whole_at(const void* memory, DType type, int i) {
  if (type == DType::i64) return static_cast<const std::int64_t*>(memory)[i];
  if (type == DType::i32) return static_cast<const std::int32_t*>(memory)[i];
  return static_cast<const std::uint8_t*>(memory)[i];
}

BANOFF_HD inline void put(void* memory, DType type, int i, float v) {
  if (type == DType::f16) store(static_cast<f16*>(memory), i, v);
  else if (type == DType::bf16) store(static_cast<bf16*>(memory), i, v);
  else static_cast<float*>(memory)[i] = v;
}

/// Wraps as the type does.
BANOFF_HD inline void put(void* memory, DType type, int i, std::int64_t v) {
  if (type == DType::i64) static_cast<std::int64_t*>(memory)[i] = v;
  else if (type == DType::i32) static_cast<std::int32_t*>(memory)[i] = static_cast<std::int32_t>(v);
  else if (type == DType::u8) static_cast<std::uint8_t*>(memory)[i] = static_cast<std::uint8_t>(v);
  else static_cast<std::uint8_t*>(memory)[i] = v != 0 ? 1 : 0;
}

/// Toward zero, and to the nearest that the type holds; a NaN becomes 0, of a boolean 1.
BANOFF_HD inline std::int64_t whole_of(float v, DType type) {
  if (type == DType::boolean) return v != 0 ? 1 : 0;
  const std::int64_t high = type == DType::i64 ? INT64_MAX : type == DType::i32 ? INT32_MAX : UINT8_MAX;
  const std::int64_t low = type == DType::i64 ? INT64_MIN : type == DType::i32 ? INT32_MIN : 0;
  if (v >= static_cast<float>(high)) return high;
  if (v <= static_cast<float>(low)) return low;
  return v == v ? static_cast<std::int64_t>(v) : 0;
}

}  // namespace banoff::gpu
