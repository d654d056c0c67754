// Recurrent cells with any functions, element by element: what simd/cells.hpp does for the usual ones.
#pragma once

#include <vector>

#include "kernels/cpu/simd/cells.hpp"
#include "runtime/graph/cell_functions.hpp"

namespace banoff::cpu {

using Functions = std::vector<CellActivation>;

void plain_rnn(const Functions& functions, const simd::CellStep& step);
void plain_lstm(const Functions& functions, const simd::CellStep& step);
void plain_gru_after(const Functions& functions, const simd::CellStep& step);
void plain_gru_gates(const Functions& functions, const simd::CellStep& step);
void plain_gru_state(const Functions& functions, const simd::CellStep& step);

}  // namespace banoff::cpu
