#include "kernels/cpu/plain_cells.hpp"

namespace banoff::cpu {

namespace {

/// A step with the functions of its direction, by element.
struct Cell {
  const Functions& functions;
  const simd::CellStep& step;

  [[nodiscard]] float clipped(float v) const { return v < -step.clip ? -step.clip : v > step.clip ? step.clip : v; }
  [[nodiscard]] float f(float v) const { return apply(functions[0], clipped(v)); }
  [[nodiscard]] float g(float v) const { return apply(functions[1], clipped(v)); }
  [[nodiscard]] float both(std::int64_t gate, std::int64_t j) const {
    return step.x[gate * step.hidden + j] + step.sums[gate * step.hidden + j];
  }
  [[nodiscard]] float seen(std::int64_t which, std::int64_t j) const {
    return step.peephole == nullptr ? 0.0F : step.peephole[which * step.hidden + j] * step.c[j];
  }
  void next(std::int64_t j, float h) const { step.h[j] = step.y[j] = h; }
  void mix(std::int64_t j, float z, float n) const { next(j, (1.0F - z) * n + z * step.h[j]); }
};

template <class F>
void by_element(const Functions& functions, const simd::CellStep& step, F f) {
  for (std::int64_t j = 0; j < step.hidden; ++j) f(Cell{functions, step}, j);
}

}  // namespace

void plain_rnn(const Functions& functions, const simd::CellStep& step) {
  by_element(functions, step, [](const Cell& cell, std::int64_t j) { cell.next(j, cell.f(cell.both(0, j))); });
}

void plain_lstm(const Functions& functions, const simd::CellStep& step) {
  by_element(functions, step, [](const Cell& cell, std::int64_t j) {
    float& c = cell.step.c[j];
    const float i = cell.f(cell.both(0, j) + cell.seen(0, j));
    const float forget = cell.step.coupled ? 1.0F - i : cell.f(cell.both(2, j) + cell.seen(2, j));
    c = forget * c + i * cell.g(cell.both(3, j));
    cell.next(j, cell.f(cell.both(1, j) + cell.seen(1, j)) * apply(cell.functions[2], c));
  });
}

void plain_gru_after(const Functions& functions, const simd::CellStep& step) {
  by_element(functions, step, [](const Cell& cell, std::int64_t j) {
    const std::int64_t candidate = 2 * cell.step.hidden + j;
    const float past = cell.f(cell.both(1, j)) * cell.step.sums[candidate];
    cell.mix(j, cell.f(cell.both(0, j)), cell.g(cell.step.x[candidate] + past));
  });
}

void plain_gru_gates(const Functions& functions, const simd::CellStep& step) {
  by_element(functions, step, [](const Cell& cell, std::int64_t j) {
    cell.step.sums[j] = cell.f(cell.both(0, j));
    cell.step.reset[j] = cell.f(cell.both(1, j)) * cell.step.h[j];
  });
}

void plain_gru_state(const Functions& functions, const simd::CellStep& step) {
  by_element(functions, step, [](const Cell& cell, std::int64_t j) {
    cell.mix(j, cell.step.sums[j], cell.g(cell.step.x[2 * cell.step.hidden + j] + cell.step.past[j]));
  });
}

}  // namespace banoff::cpu
