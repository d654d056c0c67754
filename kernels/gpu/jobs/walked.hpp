// Following operands along the elements of a result.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

/// Where each operand has its element for element i of what is walked.
template <int operand_count, int dim_count>
struct Walked {
  static constexpr int operands = operand_count;
  static constexpr int most_dims = dim_count;
  int extent[most_dims];  ///< outermost first
  int stride[operands][most_dims] = {};

  BANOFF_HD constexpr Walked() : extent() {
    for (int& each : extent) each = 1;
  }
  BANOFF_HD void at(int i, int (&offset)[operands]) const {
    for (int o = 0; o < operands; ++o) offset[o] = 0;
    for (int d = most_dims - 1; d > 0; --d) {
      const int index = i % extent[d];
      i /= extent[d];
      for (int o = 0; o < operands; ++o) offset[o] += index * stride[o][d];
    }
    for (int o = 0; o < operands; ++o) offset[o] += i * stride[o][0];
  }
  BANOFF_HD int at(int i) const requires(operands == 1) {
    int offset[1];
    at(i, offset);
    return offset[0];
  }
};

/// Which elements of a value belong together: an offset for every result and one for every element of it.
using Strided = Walked<1, 4>;

}  // namespace banoff::gpu
