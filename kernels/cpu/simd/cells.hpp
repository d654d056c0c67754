// The cells of a recurrent layer with their usual functions, sigmoid and tanh: one step of one sequence.
#pragma once

#include <cstdint>

#include "kernels/cpu/isa.hpp"

namespace banoff::cpu::simd {

/// All arrays are of `hidden` floats, or of that many for each gate in ONNX's order (graph/ops_recurrent.hpp).
struct CellStep {
  const float* x = nullptr;         ///< gates of the step
  float* sums = nullptr;            ///< products of weights and state, of all gates
  const float* peephole = nullptr;  ///< of i, o and f; or null
  float* h = nullptr;               ///< the state, which becomes the next
  float* c = nullptr;
  float* reset = nullptr;       ///< r * h
  const float* past = nullptr;  ///< the candidate's products of it
  float* y = nullptr;           ///< where the next state is stored as well
  std::int64_t hidden = 0;
  float clip = 0;  ///< infinite: none
  bool coupled = false;
};
using CellKernel = void (*)(const CellStep&);

struct CellKernels {
  CellKernel rnn, lstm;
  CellKernel gru_after;             ///< with products of all gates, the candidate's with its bias
  CellKernel gru_gates, gru_state;  ///< z in place of its sums, and `reset`; then with `past`
};
[[nodiscard]] CellKernels cell_kernels(Isa isa);

}  // namespace banoff::cpu::simd
