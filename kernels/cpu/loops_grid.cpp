#include "kernels/cpu/loops_grid.hpp"

#include <bit>
#include <cmath>

namespace banoff::cpu::loops {

namespace {

float number(float x, const Grid& grid) {
  const float steps = std::nearbyintf(x / grid.scale);
  const float known = steps == steps ? steps : 0.0F;
  const float at = known + grid.zero_point;
  const float low = at > grid.least ? at : grid.least;
  return low < grid.most ? low : grid.most;
}

template <class Q>
void put(const float* x, Q* q, std::int64_t count, const Grid& grid) {
  for (std::int64_t i = 0; i < count; ++i) q[i] = static_cast<Q>(static_cast<std::int32_t>(number(x[i], grid)));
}

template <class Q>
void take(const Q* q, float* x, std::int64_t count, const Grid& grid) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = (static_cast<float>(q[i]) - grid.zero_point) * grid.scale;
}

}  // namespace

void to_grid(const float* x, std::uint8_t* q, std::int64_t count, const Grid& grid) { put(x, q, count, grid); }
void to_grid(const float* x, std::int8_t* q, std::int64_t count, const Grid& grid) { put(x, q, count, grid); }
void from_grid(const std::uint8_t* q, float* x, std::int64_t count, const Grid& grid) { take(q, x, count, grid); }
void from_grid(const std::int8_t* q, float* x, std::int64_t count, const Grid& grid) { take(q, x, count, grid); }

void round_to_grid(const float* x, float* y, std::int64_t count, const Grid& grid) {
  for (std::int64_t i = 0; i < count; ++i) y[i] = (number(x[i], grid) - grid.zero_point) * grid.scale;
}

void to_bf16(const float* x, std::uint16_t* q, std::int64_t count) {
  constexpr std::uint32_t quiet = 0x40;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(x[i]);
    const std::uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    q[i] = static_cast<std::uint16_t>(x[i] == x[i] ? rounded : (bits >> 16) | quiet);
  }
}

void from_bf16(const std::uint16_t* q, float* x, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(q[i]) << 16);
}

namespace {

/// The planes of a picture, with all that there are of them known to the compiler: it shuffles whole vectors.
template <int Rows, class T>
void interleave(const T* x, T* y, std::int64_t columns, std::int64_t x_row) {
  for (std::int64_t c = 0; c < columns; ++c) {
    for (int r = 0; r < Rows; ++r) y[c * Rows + r] = x[r * x_row + c];
  }
}

template <class T>
void turn(const T* x, T* y, std::int64_t rows, std::int64_t columns, std::int64_t x_row, std::int64_t y_row) {
  if (rows == 3 && y_row == 3) return interleave<3>(x, y, columns, x_row);
  if (rows == 4 && y_row == 4) return interleave<4>(x, y, columns, x_row);
  constexpr std::int64_t tile = 32;
  for (std::int64_t r0 = 0; r0 < rows; r0 += tile) {
    const std::int64_t r1 = r0 + tile < rows ? r0 + tile : rows;
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t r = r0; r < r1; ++r) y[c * y_row + r] = x[r * x_row + c];
    }
  }
}

}  // namespace

void transpose(const std::uint8_t* x, std::uint8_t* y, std::int64_t rows, std::int64_t columns, std::int64_t x_row,
               std::int64_t y_row) {
  turn(x, y, rows, columns, x_row, y_row);
}
void transpose(const std::uint16_t* x, std::uint16_t* y, std::int64_t rows, std::int64_t columns, std::int64_t x_row,
               std::int64_t y_row) {
  turn(x, y, rows, columns, x_row, y_row);
}

}  // namespace banoff::cpu::loops
