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

/// Integers of every type as 64 bits: of u64 the same bits, which whoever compares or divides them must know.
BANOFF_HD inline std::int64_t whole_at(const void* memory, DType type, int i) {
  switch (type) {
    case DType::i64: return static_cast<const std::int64_t*>(memory)[i];
    case DType::i32: return static_cast<const std::int32_t*>(memory)[i];
    case DType::i16: return static_cast<const std::int16_t*>(memory)[i];
    case DType::i8: return static_cast<const std::int8_t*>(memory)[i];
    case DType::u64: return static_cast<std::int64_t>(static_cast<const std::uint64_t*>(memory)[i]);
    case DType::u32: return static_cast<const std::uint32_t*>(memory)[i];
    case DType::u16: return static_cast<const std::uint16_t*>(memory)[i];
    case DType::u8:
    case DType::boolean: return static_cast<const std::uint8_t*>(memory)[i];
    case DType::f64:
    case DType::f32:
    case DType::f16:
    case DType::bf16: break;
  }
  return 0;
}

BANOFF_HD inline void put(void* memory, DType type, int i, float v) {
  if (type == DType::f16) store(static_cast<f16*>(memory), i, v);
  else if (type == DType::bf16) store(static_cast<bf16*>(memory), i, v);
  else static_cast<float*>(memory)[i] = v;
}

/// Wraps as the type does.
BANOFF_HD inline void put(void* memory, DType type, int i, std::int64_t v) {
  switch (type) {
    case DType::i64:
    case DType::u64: static_cast<std::int64_t*>(memory)[i] = v; return;
    case DType::i32:
    case DType::u32: static_cast<std::uint32_t*>(memory)[i] = static_cast<std::uint32_t>(v); return;
    case DType::i16:
    case DType::u16: static_cast<std::uint16_t*>(memory)[i] = static_cast<std::uint16_t>(v); return;
    case DType::i8:
    case DType::u8: static_cast<std::uint8_t*>(memory)[i] = static_cast<std::uint8_t>(v); return;
    case DType::boolean: static_cast<std::uint8_t*>(memory)[i] = v != 0 ? 1 : 0; return;
    case DType::f64:
    case DType::f32:
    case DType::f16:
    case DType::bf16: return;
  }
}

BANOFF_HD inline int bits_of(DType type) {
  if (type == DType::i64 || type == DType::u64) return 64;
  if (type == DType::i32 || type == DType::u32) return 32;
  return type == DType::i16 || type == DType::u16 ? 16 : 8;
}

BANOFF_HD inline bool is_unsigned(DType type) {
  return type == DType::u64 || type == DType::u32 || type == DType::u16 || type == DType::u8;
}

/// Toward zero, and to the nearest that the type holds; a NaN becomes 0, of a boolean 1.
BANOFF_HD inline std::int64_t whole_of(float v, DType type) {
  if (type == DType::boolean) return v != 0 ? 1 : 0;
  const int bits = bits_of(type);
  const bool positive = is_unsigned(type);
  const float beyond = ldexpf(1.0F, positive ? bits : bits - 1);
  const std::uint64_t ones = ~std::uint64_t{0} >> (positive ? 64 - bits : 65 - bits);
  if (v >= beyond) return static_cast<std::int64_t>(ones);
  if (positive) return v > 0 ? static_cast<std::int64_t>(static_cast<std::uint64_t>(v)) : 0;
  if (v <= -beyond) return static_cast<std::int64_t>(~ones);
  return v == v ? static_cast<std::int64_t>(v) : 0;
}

/// The number that whole_at gave, as a float.
BANOFF_HD inline float real_of(std::int64_t v, DType type) {
  return type == DType::u64 ? static_cast<float>(static_cast<std::uint64_t>(v)) : static_cast<float>(v);
}

}  // namespace banoff::gpu
