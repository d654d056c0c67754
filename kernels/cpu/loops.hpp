// The inner loops, on raw pointers. Their sources are compiled for AVX2 (see CMakeLists.txt): nothing but arithmetic
// belongs in them.
#pragma once

#include <cstdint>

#include "runtime/graph/ops.hpp"

namespace banoff::cpu::loops {

/// y[i] = f(x[i]); y may be x. Relative error below 1e-6 of the largest value the function takes near x.
void activate(const Activation& f, const float* x, float* y, std::int64_t count);

/// A second operand of `rows` x `lanes` elements at row * row_stride + lane * lane_stride (lane_stride is 0 or 1).
struct Operand {
  const float* data = nullptr;
  std::int64_t row_stride = 0, lane_stride = 0;
};
struct Range {
  float low, high;
};

enum class Combine : std::uint8_t { add, subtract, multiply, divide, subtract_from, divide_into };

/// y = clamp(x op b) on contiguous rows x lanes; y may be x.
void combine(Combine op, const float* x, Operand b, float* y, std::int64_t rows, std::int64_t lanes, Range clamp);
/// y = clamp(x * scale[lane] + shift[lane]).
void scale_shift(const float* x, const float* scale, const float* shift, float* y, std::int64_t rows,
                 std::int64_t lanes, Range clamp);
/// y = min(max(x, lower[lane]), upper[lane]); one of the bounds may be null. A NaN stays one.
void bound(const float* x, const float* lower, const float* upper, float* y, std::int64_t rows, std::int64_t lanes);
/// y = kink[lane] + (x - kink[lane]) * (x < kink[lane] ? below[lane] : above[lane]).
void kinked(const float* x, const float* kink, const float* below, const float* above, float* y, std::int64_t rows,
            std::int64_t lanes);

/// The taps of one pooled pixel, [first, last) along each of three spatial dimensions, in steps of the dilation.
struct Taps {
  std::int64_t first[3], last[3], step[3];
};
/// y[lane] = max over the taps of x[tap][lane], x being [depth][height][width][lanes]. Here and below a maximum is NaN
/// where one of the values is.
void max_taps(const float* x, const std::int64_t extent[3], const Taps& taps, std::int64_t lanes, float* y);
/// y[lane] = factor * sum over the taps.
void sum_taps(const float* x, const std::int64_t extent[3], const Taps& taps, std::int64_t lanes, float factor,
              float* y);

/// The widest window and the largest stride of a pool of one lane.
inline constexpr std::int64_t pool_row_columns = 512;
/// One row of the output of a pool without dilation.
struct PoolRow {
  const float* x;       ///< those of the window's rows that lie inside the input, [rows][width][lanes]
  std::int64_t rows;    ///< at least one; of 8 lanes or more at most `kernel`
  std::int64_t width;   ///< of the input
  std::int64_t lanes;   ///< 1, or at least 8
  std::int64_t kernel;  ///< columns of a window; of 8 lanes or more 2, 3 or 5
  std::int64_t stride;  ///< from column to column
  std::int64_t pad;     ///< columns in front of the input that the first window begins
  std::int64_t output;  ///< pixels to make
};
/// False where a NaN was met, or infinities of both signs: then y is to be computed in another way.
[[nodiscard]] bool max_row(const PoolRow& row, float* y);
/// How many values count for an average, as the product of both.
struct Counted {
  const float* columns;  ///< by output pixel
  float rows;
};
void average_row(const PoolRow& row, const Counted& counted, float* y);

/// y[i] = max(y[i], x[i * step]) and y[i] += x[i * step].
void max_strided(const float* x, std::int64_t step, float* y, std::int64_t count);
void add_strided(const float* x, std::int64_t step, float* y, std::int64_t count);

/// y[row][i][group] = x[row][group][i], `each` values in a group.
void interleave(const float* x, std::int64_t rows, std::int64_t groups, std::int64_t each, float* y);

/// y[lane] = mean or maximum over `rows` rows, `stride` apart, of up to 64 lanes.
void reduce_rows(bool max, const float* x, std::int64_t rows, std::int64_t stride, std::int64_t lanes, float* y);

/// Sum and maximum of `count` neighbours.
[[nodiscard]] float sum(const float* x, std::int64_t count);
[[nodiscard]] float maximum(const float* x, std::int64_t count);
/// Sum of (x - mean)^2.
[[nodiscard]] float squares(const float* x, float mean, std::int64_t count);
/// y = e^(x - offset), returning the sum.
float exponentials(const float* x, float offset, float* y, std::int64_t count);
/// Softmax down `rows` rows of `lanes` columns each `stride` apart; `scratch` holds 2 * lanes values.
void softmax_columns(const float* x, float* y, std::int64_t rows, std::int64_t stride, std::int64_t lanes,
                     float* scratch);
/// One output row of a bilinear interpolation: between the input rows `top` and `bottom` by `t`, and in each between
/// the columns low[i] and high[i] by column_t[i].
void interpolate_row(const float* top, const float* bottom, float t, const std::int64_t* low, const std::int64_t* high,
                     const float* column_t, std::int64_t width, std::int64_t lanes, float* y);

}  // namespace banoff::cpu::loops
