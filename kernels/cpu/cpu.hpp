// The CPU device: oneDNN for convolutions and matrix products, own loops for what moves memory.
//
// Worker threads are OpenMP's. Whether idle workers spin is the environment's choice (OMP_WAIT_POLICY,
// GOMP_SPINCOUNT): spinning makes an idle machine faster and a machine shared with other busy threads much slower.
#pragma once

#include <memory>
#include <string>

#include "banoff/precision.hpp"
#include "kernels/device.hpp"

namespace banoff::cpu {

struct Options {
  int threads = 0;  ///< 0: as many as this process may use (runtime/core/cpu_count.hpp)
  /// "avx2" or "avx512", own kernels' and oneDNN's; empty: the widest that the processor has. oneDNN takes its limit
  /// once in a process: `device` refuses where it has another one.
  std::string isa = {};
  /// How many of oneDNN's implementations are offered for one convolution. Prices hardly tell them apart, and
  /// describing all of them takes time (docs/decisions/0008-offers.md): more than its favourite is for those who
  /// measure.
  std::size_t implementations = 1;
  /// fp32, or bf16: values between layers are kept in 16 bits, and what has kernels for them multiplies them so; sums
  /// are of 32 bits.
  Precision precision = Precision::fp32;
  /// Only convolutions that sum plain products. Others, by Winograd's filtering, are within 1e-5 of the largest output.
  bool exact_convolutions = false;
};

/// Throws refused when this CPU lacks AVX2, which the own loops are compiled for, or the instruction set asked for.
[[nodiscard]] std::unique_ptr<Device> device(const Options& options = {});

/// "oneDNN 2.6.3", the library linked at run time.
[[nodiscard]] std::string library_version();

}  // namespace banoff::cpu
