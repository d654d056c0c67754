#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/vector_math.hpp"

namespace banoff::cpu::loops {

namespace {
/// Rows of the common block width get a loop of constant length, which the compiler unrolls into one or two vectors.
template <class F>
void rows_of(std::int64_t rows, std::int64_t lanes, F f) {
  const auto all = [&](auto width) {
    for (std::int64_t r = 0; r < rows; ++r) {
#pragma omp simd
      for (std::int64_t l = 0; l < width(); ++l) f(r * width() + l, r, l);
    }
  };
  if (lanes == 8) all([] { return std::int64_t{8}; });
  else if (lanes == 16) all([] { return std::int64_t{16}; });
  else all([=] { return lanes; });
}

template <class F>
void combine_with(F f, const float* x, Operand b, float* y, std::int64_t rows, std::int64_t lanes, Range c) {
  if (lanes == 1) {  // the rows are the contiguous direction
    lanes = rows, rows = 1;
    b.lane_stride = b.row_stride, b.row_stride = 0;
  }
  if (b.lane_stride == 1 && b.row_stride == lanes) lanes *= rows, rows = 1;
  const float* const data = b.data;
  const std::int64_t step = b.row_stride;
  if (b.lane_stride == 1) {
    rows_of(rows, lanes, [=](auto i, auto r, auto l) { y[i] = clamp(f(x[i], data[r * step + l]), c.low, c.high); });
  } else if (step == 0) {
    const float v = *data;
    rows_of(1, rows * lanes, [=](auto i, auto, auto) { y[i] = clamp(f(x[i], v), c.low, c.high); });
  } else {
    rows_of(rows, lanes, [=](auto i, auto r, auto) { y[i] = clamp(f(x[i], data[r * step]), c.low, c.high); });
  }
}
}  // namespace

void combine(Combine op, const float* x, Operand b, float* y, std::int64_t rows, std::int64_t lanes, Range clamp) {
  switch (op) {
    case Combine::add: return combine_with([](float p, float q) { return p + q; }, x, b, y, rows, lanes, clamp);
    case Combine::subtract: return combine_with([](float p, float q) { return p - q; }, x, b, y, rows, lanes, clamp);
    case Combine::multiply: return combine_with([](float p, float q) { return p * q; }, x, b, y, rows, lanes, clamp);
    case Combine::divide: return combine_with([](float p, float q) { return p / q; }, x, b, y, rows, lanes, clamp);
    case Combine::subtract_from:
      return combine_with([](float p, float q) { return q - p; }, x, b, y, rows, lanes, clamp);
    case Combine::divide_into: return combine_with([](float p, float q) { return q / p; }, x, b, y, rows, lanes, clamp);
  }
}

void scale_shift(const float* x, const float* scale, const float* shift, float* y, std::int64_t rows,
                 std::int64_t lanes, Range c) {
  if (lanes == 1) {
    const float a = *scale;
    const float d = *shift;
    rows_of(1, rows, [=](auto i, auto, auto) { y[i] = clamp(x[i] * a + d, c.low, c.high); });
  } else {
    rows_of(rows, lanes, [=](auto i, auto, auto l) { y[i] = clamp(x[i] * scale[l] + shift[l], c.low, c.high); });
  }
}

namespace {
// In this order a NaN stays one.
inline float at_least(float v, float low) { return v < low ? low : v; }
inline float at_most(float v, float high) { return v > high ? high : v; }
}  // namespace

void bound(const float* x, const float* lower, const float* upper, float* y, std::int64_t rows, std::int64_t lanes) {
  if (lanes == 1) {
    const float low = lower != nullptr ? *lower : 0.0F;
    const float high = upper != nullptr ? *upper : 0.0F;
    if (upper == nullptr) rows_of(1, rows, [=](auto i, auto, auto) { y[i] = at_least(x[i], low); });
    else if (lower == nullptr) rows_of(1, rows, [=](auto i, auto, auto) { y[i] = at_most(x[i], high); });
    else rows_of(1, rows, [=](auto i, auto, auto) { y[i] = at_most(at_least(x[i], low), high); });
  } else if (upper == nullptr) {
    rows_of(rows, lanes, [=](auto i, auto, auto l) { y[i] = at_least(x[i], lower[l]); });
  } else if (lower == nullptr) {
    rows_of(rows, lanes, [=](auto i, auto, auto l) { y[i] = at_most(x[i], upper[l]); });
  } else {
    rows_of(rows, lanes, [=](auto i, auto, auto l) { y[i] = at_most(at_least(x[i], lower[l]), upper[l]); });
  }
}

namespace {
/// Both slopes are loaded before one is chosen, so that the choice is a blend.
inline float bent(float v, float kink, float below, float above) {
  return kink + (v - kink) * (v < kink ? below : above);
}
}  // namespace

void kinked(const float* x, const float* kink, const float* below, const float* above, float* y, std::int64_t rows,
            std::int64_t lanes) {
  if (lanes == 1) {
    const float k = *kink, p = *below, q = *above;
    rows_of(1, rows, [=](auto i, auto, auto) { y[i] = bent(x[i], k, p, q); });
  } else {
    rows_of(rows, lanes, [=](auto i, auto, auto l) { y[i] = bent(x[i], kink[l], below[l], above[l]); });
  }
}

void interleave(const float* x, std::int64_t rows, std::int64_t groups, std::int64_t each, float* y) {
  const std::int64_t width = groups * each;
  for (std::int64_t r = 0; r < rows; ++r, x += width, y += width) {
    if (groups == 2) {
#pragma omp simd
      for (std::int64_t i = 0; i < each; ++i) y[2 * i] = x[i], y[2 * i + 1] = x[each + i];
    } else {
      for (std::int64_t g = 0; g < groups; ++g) {
        for (std::int64_t i = 0; i < each; ++i) y[i * groups + g] = x[g * each + i];
      }
    }
  }
}

namespace {
template <class Lanes>
void interpolate(const float* top, const float* bottom, float t, const std::int64_t* low, const std::int64_t* high,
                 const float* column_t, std::int64_t width, Lanes lanes, float* y) {
  for (std::int64_t i = 0; i < width; ++i) {
    const float* const p = top + low[i] * lanes();
    const float* const q = top + high[i] * lanes();
    const float* const r = bottom + low[i] * lanes();
    const float* const s = bottom + high[i] * lanes();
    const float right = column_t[i];
    const float a = (1 - t) * (1 - right), b = (1 - t) * right, c = t * (1 - right), d = t * right;
    float* const out = y + i * lanes();
#pragma omp simd
    for (std::int64_t l = 0; l < lanes(); ++l) out[l] = (a * p[l] + b * q[l]) + (c * r[l] + d * s[l]);
  }
}
}  // namespace

void interpolate_row(const float* top, const float* bottom, float t, const std::int64_t* low, const std::int64_t* high,
                     const float* column_t, std::int64_t width, std::int64_t lanes, float* y) {
  const auto with = [&](auto count) { interpolate(top, bottom, t, low, high, column_t, width, count, y); };
  if (lanes == 1) with([] { return std::int64_t{1}; });
  else if (lanes == 8) with([] { return std::int64_t{8}; });
  else if (lanes == 16) with([] { return std::int64_t{16}; });
  else with([=] { return lanes; });
}

}  // namespace banoff::cpu::loops
