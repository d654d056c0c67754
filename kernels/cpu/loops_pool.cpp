#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/vector_math.hpp"

namespace banoff::cpu::loops {

namespace {

/// Folds the taps of `Width` lanes at a time, so that the running values stay in registers.
template <int Width, class F>
void fold(const float* x, const std::int64_t extent[3], const Taps& t, std::int64_t lanes, float start, float* y, F f) {
  float value[Width];
  for (int i = 0; i < Width; ++i) value[i] = start;
  for (std::int64_t d = t.first[0]; d < t.last[0]; d += t.step[0]) {
    for (std::int64_t h = t.first[1]; h < t.last[1]; h += t.step[1]) {
      const float* row = x + (d * extent[1] + h) * extent[2] * lanes;
      for (std::int64_t w = t.first[2]; w < t.last[2]; w += t.step[2]) {
        const float* p = row + w * lanes;
        for (int i = 0; i < Width; ++i) value[i] = f(value[i], p[i]);
      }
    }
  }
  for (int i = 0; i < Width; ++i) y[i] = value[i];
}

template <class F>
void fold_all(const float* x, const std::int64_t extent[3], const Taps& t, std::int64_t lanes, float start, float* y,
              F f) {
  std::int64_t l = 0;
  for (; l + 32 <= lanes; l += 32) fold<32>(x + l, extent, t, lanes, start, y + l, f);
  for (; l + 8 <= lanes; l += 8) fold<8>(x + l, extent, t, lanes, start, y + l, f);
  for (; l < lanes; ++l) fold<1>(x + l, extent, t, lanes, start, y + l, f);
}

}  // namespace

void max_taps(const float* x, const std::int64_t extent[3], const Taps& taps, std::int64_t lanes, float* y) {
  fold_all(x, extent, taps, lanes, -__builtin_inff(), y, [](float a, float b) { return larger(a, b); });
}

void sum_taps(const float* x, const std::int64_t extent[3], const Taps& taps, std::int64_t lanes, float factor,
              float* y) {
  fold_all(x, extent, taps, lanes, 0.0F, y, [](float a, float b) { return a + b; });
#pragma omp simd
  for (std::int64_t l = 0; l < lanes; ++l) y[l] *= factor;
}

void max_strided(const float* x, std::int64_t step, float* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = larger(y[i], x[i * step]);
}

void add_strided(const float* x, std::int64_t step, float* y, std::int64_t count) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] += x[i * step];
}

namespace {
template <int Width, class F>
void reduce(const float* x, std::int64_t rows, std::int64_t stride, float start, float factor, float* y, F f) {
  // Two running values per lane, so that one addition need not wait for the one before.
  float even[Width], odd[Width];
  for (int i = 0; i < Width; ++i) even[i] = odd[i] = start;
  std::int64_t r = 0;
  for (; r + 2 <= rows; r += 2) {
    const float* p = x + r * stride;
    for (int i = 0; i < Width; ++i) even[i] = f(even[i], p[i]);
    for (int i = 0; i < Width; ++i) odd[i] = f(odd[i], p[stride + i]);
  }
  if (r < rows)
    for (int i = 0; i < Width; ++i) even[i] = f(even[i], x[r * stride + i]);
  for (int i = 0; i < Width; ++i) y[i] = factor * f(even[i], odd[i]);
}
}  // namespace

void reduce_rows(bool max, const float* x, std::int64_t rows, std::int64_t stride, std::int64_t lanes, float* y) {
  const auto each = [=](float start, float factor, auto f) {
    std::int64_t l = 0;
    for (; l + 32 <= lanes; l += 32) reduce<32>(x + l, rows, stride, start, factor, y + l, f);
    for (; l + 8 <= lanes; l += 8) reduce<8>(x + l, rows, stride, start, factor, y + l, f);
    for (; l < lanes; ++l) reduce<1>(x + l, rows, stride, start, factor, y + l, f);
  };
  if (max) each(-__builtin_inff(), 1.0F, [](float a, float b) { return larger(a, b); });
  else each(0.0F, 1.0F / static_cast<float>(rows), [](float a, float b) { return a + b; });
}

}  // namespace banoff::cpu::loops
