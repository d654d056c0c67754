#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/vector_math.hpp"

namespace banoff::cpu::loops {

float sum(const float* x, std::int64_t count) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t i = 0; i < count; ++i) total += x[i];
  return total;
}

float maximum(const float* x, std::int64_t count) {
  // Lanes by hand: the maximum that OpenMP reduces by loses a NaN.
  constexpr int lanes = 32;
  float best[lanes];
  for (float& lane : best) lane = x[0];
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int l = 0; l < lanes; ++l) best[l] = larger(best[l], x[i + l]);
  for (; i < count; ++i) best[0] = larger(best[0], x[i]);
  for (int l = 1; l < lanes; ++l) best[0] = larger(best[0], best[l]);
  return best[0];
}

float squares(const float* x, float mean, std::int64_t count) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t i = 0; i < count; ++i) total += (x[i] - mean) * (x[i] - mean);
  return total;
}

float exponentials(const float* x, float offset, float* y, std::int64_t count) {
  float total = 0;
#pragma omp simd reduction(+ : total)
  for (std::int64_t i = 0; i < count; ++i) {
    const float e = exponential(x[i] - offset);
    y[i] = e;
    total += e;
  }
  return total;
}

void softmax_columns(const float* x, float* y, std::int64_t rows, std::int64_t stride, std::int64_t lanes,
                     float* scratch) {
  float* const best = scratch;
  float* const total = scratch + lanes;
  for (std::int64_t l = 0; l < lanes; ++l) best[l] = x[l], total[l] = 0;
  for (std::int64_t r = 1; r < rows; ++r) {
    const float* row = x + r * stride;
#pragma omp simd
    for (std::int64_t l = 0; l < lanes; ++l) best[l] = best[l] > row[l] ? best[l] : row[l];
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    const float* row = x + r * stride;
    float* out = y + r * stride;
#pragma omp simd
    for (std::int64_t l = 0; l < lanes; ++l) {
      out[l] = exponential(row[l] - best[l]);
      total[l] += out[l];
    }
  }
  for (std::int64_t l = 0; l < lanes; ++l) total[l] = 1.0F / total[l];
  for (std::int64_t r = 0; r < rows; ++r) {
    float* out = y + r * stride;
#pragma omp simd
    for (std::int64_t l = 0; l < lanes; ++l) out[l] *= total[l];
  }
}

}  // namespace banoff::cpu::loops
