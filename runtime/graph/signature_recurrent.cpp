// The shape rule of recurrent layers.
#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/bounded.hpp"

namespace banoff {

namespace {

void check_attributes(const Recurrent& op) {
  if (op.hidden < 1) fail_input("hidden is {}, expected at least 1", op.hidden);
  const std::size_t functions = op.functions_each() * static_cast<std::size_t>(op.directions());
  const auto check_length = [&](std::string_view what, std::size_t given) {
    if (given != 0 && given != functions) fail_input("{} {}, expected {}", given, what, functions);
  };
  check_length("functions", op.functions.size());
  check_length("values of alpha", op.alpha.size());
  check_length("values of beta", op.beta.size());
  if (op.clip && !(*op.clip > 0)) fail_input("clip is {}, expected more than 0", *op.clip);
  if (op.bias && !op.reset_after)
    fail_input("has a bias, but no reset_after: the dense layer before it has the biases");
}

/// One of the inputs behind the gates.
void check_input(std::string_view what, const TensorType& given, DType type, const Shape& shape) {
  if (given.dtype != type || given.shape != shape || given.bounded)
    fail_input("the {} is {}, expected {}", what, given.str(), TensorType{type, shape, false}.str());
}

}  // namespace

Signature signature(const Recurrent& op, InputTypes inputs) {
  check_attributes(op);
  const TensorType& x = inputs[0];
  if (!is_float(x.dtype)) fail_input("input is {}, expected a float type", x.str());
  refuse_bounded(x, row_of(op).name);
  const std::int64_t directions = op.directions(), hidden = op.hidden;
  const std::int64_t each = checked_mul(op.gates(), hidden);
  if (x.shape.rank() != 3 || x.shape[2] != checked_mul(directions, each)) {
    fail_input("input is {}, expected [time, batch, {}]: {} of {} gates of {}", x.str(), checked_mul(directions, each),
               directions == 1 ? "1 direction" : "2 directions", op.gates(), hidden);
  }
  const bool lstm = op.kind == CellKind::lstm;
  const TensorType state{x.dtype, {directions, x.shape[1], hidden}, false};
  std::size_t next = 1;
  const std::size_t expected = 1U + (op.initial ? (lstm ? 2U : 1U) : 0U) + (op.lengths ? 1U : 0U);
  if (inputs.size() != expected) fail_input("{} inputs, expected {}", inputs.size(), expected);
  if (op.initial) check_input("initial state", inputs[next++], x.dtype, state.shape);
  if (op.initial && lstm) check_input("initial cell", inputs[next++], x.dtype, state.shape);
  if (op.lengths) check_input("lengths", inputs[next], DType::i32, {x.shape[1]});
  Signature result{{{x.dtype, {x.shape[0], directions, x.shape[1], hidden}, false}, state}, {}};
  if (lstm) result.outputs.push_back(state);
  result.params.push_back({Slot::weight, {directions, each, hidden}});
  if (op.bias) result.params.push_back({Slot::bias, {directions, hidden}});
  if (op.peephole) result.params.push_back({Slot::peephole, {directions, 3 * hidden}});
  return result;
}

}  // namespace banoff
