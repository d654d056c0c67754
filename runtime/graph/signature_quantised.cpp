// Shape rules of the ops in ops_quantised.hpp.
#include <cmath>

#include "runtime/core/fail.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

namespace {

void check_grid(DType type, double scale, std::int64_t zero_point) {
  const auto narrow = static_cast<float>(scale);
  if (!(narrow > 0) || !std::isfinite(narrow))
    fail_input("scale is {}, expected a positive number that a float holds", scale);
  const IntegerRange range = range_of(type);
  if (range.least == range.most) fail_input("{} is no integer of at most 32 bits", name_of(type));
  if (zero_point < range.least || zero_point > range.most)
    fail_input("zero_point is {}, expected {} to {} of {}", zero_point, range.least, range.most, name_of(type));
}

}  // namespace

Signature signature(const Quantize& op, InputTypes inputs) {
  check_grid(op.to, op.scale, op.zero_point);
  return {{{op.to, inputs[0].shape, inputs[0].bounded}}, {}};
}

Signature signature(const Dequantize& op, InputTypes inputs) {
  check_grid(inputs[0].dtype, op.scale, op.zero_point);
  if (!is_float(op.to)) fail_input("to is {}, expected a float type", name_of(op.to));
  return {{{op.to, inputs[0].shape, inputs[0].bounded}}, {}};
}

Signature signature(const FakeQuantize& op, InputTypes inputs) {
  check_grid(op.type, op.scale, op.zero_point);
  return {{inputs[0]}, {}};
}

}  // namespace banoff
