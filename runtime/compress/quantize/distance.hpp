// How far answers are from those of the floats.
#pragma once

#include "banoff/quantize.hpp"
#include "runtime/compress/quantize/walk.hpp"

namespace banoff::quantize {

/// The squared difference of two values, and the squared size of the first around its mean.
struct Squares {
  double difference = 0, size = 0;
};
[[nodiscard]] Squares squares_of(const Tensor& expected, const Tensor& actual);

/// Of answers by set of inputs: of as many sets as `actual` has.
[[nodiscard]] QuantizeError error_between(const std::vector<Values>& expected, const std::vector<Values>& actual);

}  // namespace banoff::quantize
