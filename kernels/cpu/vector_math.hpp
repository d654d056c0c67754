// Elementary functions of one float without branches or calls, for loops that are to be vectorised.
#pragma once

#include <bit>
#include <cstdint>

namespace banoff::cpu::loops {

// Internal linkage on purpose: each translation unit is compiled for its own instruction set.
namespace {

[[maybe_unused]] inline float clamp(float v, float low, float high) {
  const float up = v < low ? low : v;  // in this order a NaN stays one
  return up > high ? high : up;
}

/// The maximum, NaN if one of them is. Of a running maximum and a new value only the comparison with the new one needs
/// to be known early: give that second.
[[maybe_unused]] inline float larger(float a, float b) {
  const float more = b > a ? b : a;
  return b != b ? b : more;
}

/// e^v for v in [-87.3, 88.3], the ends beyond. v = n ln 2 + r with |r| <= ln 2 / 2, e^r by its Taylor polynomial.
[[maybe_unused]] inline float exponential(float v) {
  constexpr float round_to_integer = 12582912.0F;  // 1.5 * 2^23: adding it leaves the integer in the low mantissa bits
  const float x = clamp(v, -87.3F, 88.3F);
  const float shifted = x * 1.44269504F + round_to_integer;
  const float n = shifted - round_to_integer;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.0F / 5040.0F;
  p = p * r + 1.0F / 720.0F;
  p = p * r + 1.0F / 120.0F;
  p = p * r + 1.0F / 24.0F;
  p = p * r + 1.0F / 6.0F;
  p = p * r + 0.5F;
  p = p * r + 1.0F;
  p = p * r + 1.0F;
  const auto power = (std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(round_to_integer) + 127) << 23;
  return p * std::bit_cast<float>(power);
}

[[maybe_unused]] inline float exp_minus_1(float v) {
  // Near zero the subtraction would cancel: Taylor there.
  const float x = v > -0.3F ? v : -0.3F;
  const float near =
      x * (1.0F + x * (0.5F + x * (1.0F / 6 + x * (1.0F / 24 + x * (1.0F / 120 + x * (1.0F / 720 + x / 5040))))));
  const float far = exponential(v) - 1.0F;
  return v > -0.3F ? near : far;
}

[[maybe_unused]] inline float sigmoid(float v) { return 1.0F / (1.0F + exponential(-v)); }

[[maybe_unused]] inline float hyperbolic_tangent(float v) {
  const float magnitude = v > 0 ? v : -v;
  const float e = exponential(-2.0F * magnitude);
  const float far = (1.0F - e) / (1.0F + e);
  const float s = v * v;
  // Lambert's continued fraction, exact to float precision below 0.5, where the quotient above would cancel.
  const float small = magnitude / (1.0F + s / (3.0F + s / (5.0F + s / (7.0F + s / 9.0F))));
  const float result = magnitude < 0.5F ? small : far;
  return v > 0 ? result : -result;
}

/// log(1 + e) for e in [0, 1] as 2 atanh(e / (2 + e)), whose argument is at most 1/3.
[[maybe_unused]] inline float log_1_plus(float e) {
  const float s = e / (2.0F + e);
  const float q = s * s;
  float p = 1.0F / 15;
  p = p * q + 1.0F / 13;
  p = p * q + 1.0F / 11;
  p = p * q + 1.0F / 9;
  p = p * q + 1.0F / 7;
  p = p * q + 1.0F / 5;
  p = p * q + 1.0F / 3;
  p = p * q + 1.0F;
  return 2.0F * s * p;
}

/// erf by Abramowitz and Stegun, 7.1.26: absolute error below 1.5e-7.
[[maybe_unused]] inline float error_function(float v) {
  const float magnitude = v > 0 ? v : -v;
  const float t = 1.0F / (1.0F + 0.3275911F * magnitude);
  float p = 1.061405429F;
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const float result = 1.0F - p * t * exponential(-magnitude * magnitude);
  return v > 0 ? result : -result;
}

}  // namespace
}  // namespace banoff::cpu::loops
