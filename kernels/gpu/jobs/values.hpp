// Functions of up to three elements, and elements that indices name: what ONNX networks compute around their layers.
#pragma once

#include "kernels/gpu/jobs/walked.hpp"
#include "kernels/gpu/number.hpp"

namespace banoff::gpu {

enum class FunctionKind : std::uint8_t { unary, arithmetic, compare, pair, where };

/// The functions of kernels/reference/values.cpp. Integers are computed with in 64 bits and wrap when they are stored;
/// of u64 the order and the quotients are those of unsigned numbers.
struct Function : PerElement {
  static constexpr int most_operands = 3;

  DType type = DType::f32;  ///< unused: the element types are looked at one by one
  DType from = DType::f32, to = DType::f32;
  FunctionKind kind = FunctionKind::unary;
  UnaryKind unary = UnaryKind::abs;
  BinaryKind arithmetic = BinaryKind::add;  ///< of integers: floats are what Pointwise is for
  CompareKind compare = CompareKind::equal;
  PairKind pair = PairKind::max;
  Walked<most_operands, 6> walked;
  const void* x[most_operands] = {};  ///< of `where` the first is boolean
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    int at[most_operands];
    walked.at(i, at);
    if (kind == FunctionKind::where) {
      const int taken = static_cast<const std::uint8_t*>(x[0])[at[0]] != 0 ? 1 : 2;
      if (is_real(from)) put(y, to, i, real_at(x[taken], from, at[taken]));
      else put(y, to, i, whole_at(x[taken], from, at[taken]));
    } else if (is_real(from)) {
      const float a = real_at(x[0], from, at[0]);
      if (kind == FunctionKind::unary) return put(y, to, i, of_one(a));
      const float b = real_at(x[1], from, at[1]);
      if (kind == FunctionKind::compare) put(y, to, i, compared(a, b));
      else put(y, to, i, of_two(a, b));
    } else {
      const std::int64_t a = whole_at(x[0], from, at[0]);
      if (kind == FunctionKind::unary) return put(y, to, i, of_one(a));
      const std::int64_t b = whole_at(x[1], from, at[1]);
      if (kind == FunctionKind::arithmetic) put(y, to, i, combined(a, b));
      else if (kind == FunctionKind::compare) put(y, to, i, compared(ordered(a), ordered(b)));
      else put(y, to, i, of_two(a, b));
    }
  }

 private:
  BANOFF_HD float of_one(float v) const {
    switch (unary) {
      case UnaryKind::abs: return fabsf(v);
      case UnaryKind::neg: return -v;
      case UnaryKind::sign: return v > 0 ? 1.0F : v < 0 ? -1.0F : v;
      case UnaryKind::floor: return floorf(v);
      case UnaryKind::ceil: return ceilf(v);
      case UnaryKind::round: return rintf(v);
      case UnaryKind::reciprocal: return 1 / v;
      case UnaryKind::sqrt: return sqrtf(v);
      case UnaryKind::exp: return expf(v);
      case UnaryKind::log: return logf(v);
      case UnaryKind::erf: return erff(v);
      case UnaryKind::sin: return sinf(v);
      case UnaryKind::cos: return cosf(v);
      case UnaryKind::tan: return tanf(v);
      case UnaryKind::asin: return asinf(v);
      case UnaryKind::acos: return acosf(v);
      case UnaryKind::atan: return atanf(v);
      case UnaryKind::sinh: return sinhf(v);
      case UnaryKind::cosh: return coshf(v);
      case UnaryKind::asinh: return asinhf(v);
      case UnaryKind::acosh: return acoshf(v);
      case UnaryKind::atanh: return atanhf(v);
      case UnaryKind::logical_not: return v == 0 ? 1.0F : 0.0F;
    }
    return v;
  }
  BANOFF_HD static std::int64_t negative(std::int64_t v) {
    return static_cast<std::int64_t>(0 - static_cast<std::uint64_t>(v));
  }
  BANOFF_HD std::int64_t combined(std::int64_t a, std::int64_t b) const {
    const auto u = static_cast<std::uint64_t>(a), v = static_cast<std::uint64_t>(b);
    switch (arithmetic) {
      case BinaryKind::add: return static_cast<std::int64_t>(u + v);
      case BinaryKind::sub: return static_cast<std::int64_t>(u - v);
      case BinaryKind::mul: return static_cast<std::int64_t>(u * v);
      case BinaryKind::div: break;
    }
    if (b == 0) return 0;
    if (from == DType::u64) return static_cast<std::int64_t>(u / v);
    return b == -1 ? negative(a) : a / b;  // also of the smallest integer
  }
  BANOFF_HD std::int64_t of_one(std::int64_t v) const {
    switch (unary) {
      case UnaryKind::abs: return v < 0 && from != DType::u64 ? negative(v) : v;
      case UnaryKind::neg: return negative(v);
      case UnaryKind::sign: return v == 0 ? 0 : v < 0 && from != DType::u64 ? -1 : 1;
      case UnaryKind::logical_not: return v == 0 ? 1 : 0;
      default: return v;
    }
  }
  /// Whole numbers whose order is that of the values: unsigned ones with their sign bit turned.
  BANOFF_HD std::int64_t ordered(std::int64_t v) const { return from == DType::u64 ? v ^ INT64_MIN : v; }
  template <class N>
  BANOFF_HD std::int64_t compared(N a, N b) const {
    if (compare == CompareKind::equal) return a == b ? 1 : 0;
    return (compare == CompareKind::less ? a < b : a <= b) ? 1 : 0;
  }
  BANOFF_HD float of_two(float a, float b) const {
    switch (pair) {
      case PairKind::max: return larger(a, b);
      case PairKind::min: return smaller(a, b);
      case PairKind::pow: return powf(a, b);
      case PairKind::fmod: return fmodf(a, b);
      case PairKind::mod: break;
    }
    const float rest = fmodf(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  BANOFF_HD std::int64_t of_two(std::int64_t a, std::int64_t b) const {
    if (pair == PairKind::max || pair == PairKind::min)
      return (ordered(a) < ordered(b)) == (pair == PairKind::max) ? b : a;
    if (from == DType::u64 && b != 0)
      return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) % static_cast<std::uint64_t>(b));
    const std::int64_t rest = b == 0 || b == -1 ? 0 : a % b;
    return pair == PairKind::mod && rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
};

/// The element of x that an index names along one axis; outside x it reads 0.
struct Take : PerElement {
  DType type = DType::f32;  ///< unused: bytes are moved
  DType index_type = DType::i64;
  int unit = 4;            ///< bytes of an element: 1, 2, 4 or 8
  int size = 1, step = 1;  ///< of x along the axis
  Walked<2, 6> walked;     ///< of x at index 0, of the index
  const void *x = nullptr, *index = nullptr;
  void* y = nullptr;

  template <class T>
  BANOFF_HD void operator()(int i) const {
    int at[2];
    walked.at(i, at);
    std::int64_t place = whole_at(index, index_type, at[1]);
    if (place < 0) place += size;
    const int from = place < 0 || place >= size ? -1 : at[0] + static_cast<int>(place) * step;
    switch (unit) {
      case 1: return copy<std::uint8_t>(from, i);
      case 2: return copy<std::uint16_t>(from, i);
      case 4: return copy<std::uint32_t>(from, i);
      default: return copy<std::uint64_t>(from, i);
    }
  }

 private:
  template <class U>
  BANOFF_HD void copy(int from, int to) const {
    static_cast<U*>(y)[to] = from < 0 ? U{} : static_cast<const U*>(x)[from];
  }
};

}  // namespace banoff::gpu
