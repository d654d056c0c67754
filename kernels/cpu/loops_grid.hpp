// Inner loops between floats and numbers of 8 bits on a grid, on raw pointers, compiled as those of loops.hpp are.
#pragma once

#include <cstdint>

namespace banoff::cpu::loops {

/// x = scale (q - zero_point), with q in [least, most].
struct Grid {
  float scale = 1, zero_point = 0, least = 0, most = 255;
};

/// The nearest number of the grid, halves to the even one; of a NaN the zero point.
void to_grid(const float* x, std::uint8_t* q, std::int64_t count, const Grid& grid);
void to_grid(const float* x, std::int8_t* q, std::int64_t count, const Grid& grid);
/// The same as a float; y may be x.
void round_to_grid(const float* x, float* y, std::int64_t count, const Grid& grid);
void from_grid(const std::uint8_t* q, float* x, std::int64_t count, const Grid& grid);
void from_grid(const std::int8_t* q, float* x, std::int64_t count, const Grid& grid);
/// To the nearest float of 16 bits (bfloat16), halves to the even one; a NaN stays one. And back.
void to_bf16(const float* x, std::uint16_t* q, std::int64_t count);
void from_bf16(const std::uint16_t* q, float* x, std::int64_t count);
/// y[c][r] = x[r][c], of which rows lie `x_row` and `y_row` elements apart.
void transpose(const std::uint8_t* x, std::uint8_t* y, std::int64_t rows, std::int64_t columns, std::int64_t x_row,
               std::int64_t y_row);
void transpose(const std::uint16_t* x, std::uint16_t* y, std::int64_t rows, std::int64_t columns, std::int64_t x_row,
               std::int64_t y_row);

}  // namespace banoff::cpu::loops
