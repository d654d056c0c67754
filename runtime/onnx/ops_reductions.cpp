// Reductions along axes, and places of what is largest.
#include <numeric>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

/// The axes of a reduction: an attribute, or an input from opset 18 (13 for sums) on. None means all, or nothing at all
/// where noop_with_empty_axes says so.
Ints axes_of(Call& call) {
  const bool nothing_means_all = call.attributes.integer("noop_with_empty_axes", 0) == 0;
  Ints axes = call.integers("axes", 1).value_or(Ints{});
  return axes.empty() && nothing_means_all ? all_axes(call.shape(0).rank()) : axes;
}

bool keeps(Call& call) { return call.attributes.integer("keepdims", 1) != 0; }

/// `before` each element, the reduction, `after` it.
template <class Before, class After>
void reduction(Call& call, ReduceKind kind, Before before, After after) {
  const Steps s(call);
  const Ints axes = axes_of(call);
  const bool keep = keeps(call);
  const Operand x = before(s, call.in(0));
  call.result(0, after(s, axes.empty() ? x : s.reduce(kind, x, axes, keep)));
}

Operand same(const Steps&, const Operand& x) { return x; }
Operand square(const Steps& s, const Operand& x) { return s.mul(x, x); }

template <ReduceKind kind>
void reduce(Call& call) {
  reduction(call, kind, same, same);
}

/// The mean of integers is their sum, divided toward zero.
void reduce_mean(Call& call) {
  const Ints axes = axes_of(call);
  const bool keep = keeps(call);
  if (axes.empty()) return call.become(Identity{});
  if (is_float(call.type(0).dtype)) return call.become(Reduce{ReduceKind::mean, axes, keep});
  const Steps s(call);
  const DType type = call.type(0).dtype;
  const Operand total =
      s.reduce(ReduceKind::sum, s.cast(call.in(0), type == DType::u64 ? type : DType::i64), axes, keep);
  std::int64_t count = 1;
  for (const std::int64_t axis : axes) count *= call.shape(0)[resolve_axis(axis, call.shape(0).rank())];
  call.result(0, s.cast(s.div(total, s.number(total, static_cast<double>(count))), type));
}

/// A reduction whose steps are of floats; of integers the result is rounded toward zero.
template <class Before, class After>
void float_reduction(Call& call, Before before, After after) {
  const Steps s(call);
  const Ints axes = axes_of(call);
  const bool keep = keeps(call);
  call.result(0, s.in_floats(call.in(0), [&](const Operand& x) {
    const Operand each = before(s, x);
    return after(s, axes.empty() ? each : s.reduce(ReduceKind::sum, each, axes, keep));
  }));
}

Operand root(const Steps& s, const Operand& x) { return s.unary(UnaryKind::sqrt, x); }
Operand logarithm(const Steps& s, const Operand& x) { return s.unary(UnaryKind::log, x); }

void reduce_l1(Call& call) {
  reduction(
      call, ReduceKind::sum, [](const Steps& s, const Operand& x) { return s.unary(UnaryKind::abs, x); }, same);
}

void reduce_l2(Call& call) { float_reduction(call, square, root); }

void reduce_sum_square(Call& call) { reduction(call, ReduceKind::sum, square, same); }

void reduce_log_sum(Call& call) { float_reduction(call, same, logarithm); }

/// The largest is taken out first, so that nothing overflows.
Operand log_sum_exp(const Steps& s, const Operand& x, const Ints& axes, bool keep) {
  const Operand largest = s.reduce(ReduceKind::max, x, axes);
  const Operand total = s.reduce(ReduceKind::sum, s.unary(UnaryKind::exp, s.sub(x, largest)), axes);
  const Operand result = s.add(logarithm(s, total), largest);
  return keep ? result : s.emit(Squeeze{axes}, {result});
}

void reduce_log_sum_exp(Call& call) {
  const Steps s(call);
  const Ints axes = axes_of(call);
  const bool keep = keeps(call);
  if (axes.empty()) return call.become(Identity{});
  call.result(0, s.in_floats(call.in(0), [&](const Operand& x) { return log_sum_exp(s, x, axes, keep); }));
}

template <ArgKind kind>
void arg(Call& call) {
  ArgReduce op;
  op.kind = kind;
  op.axis = call.attributes.integer("axis", 0);
  op.keep_dims = keeps(call);
  op.last = call.attributes.integer("select_last_index", 0) != 0;
  call.become(op);
}

template <CumulateKind kind>
void cumulate(Call& call) {
  Cumulate op;
  op.kind = kind;
  op.axis = call.known_integer(1, "the axis", 0);
  op.exclusive = call.attributes.integer("exclusive", 0) != 0;
  op.reverse = call.attributes.integer("reverse", 0) != 0;
  call.become(op);
}

/// k is an attribute before opset 10. Unsorted results may come in any order: ours are sorted.
void top_k(Call& call) {
  TopK op;
  op.axis = call.attributes.integer("axis", -1);
  op.k = call.opset() >= 10 ? call.known_integer(1, "k", 0) : call.attributes.integer("k", 0);
  op.largest = call.attributes.integer("largest", 1) != 0;
  call.attributes.ignore("sorted");
  const std::vector<Operand> results = call.emit_all(op, {call.in(0)});
  for (std::size_t i = 0; i < results.size(); ++i) call.result(i, results[i]);
}

constexpr Row rows[] = {{"ReduceMean", reduce_mean},
                        {"ReduceSum", reduce<ReduceKind::sum>},
                        {"ReduceMax", reduce<ReduceKind::max>},
                        {"ReduceMin", reduce<ReduceKind::min>},
                        {"ReduceProd", reduce<ReduceKind::prod>},
                        {"ReduceL1", reduce_l1},
                        {"ReduceL2", reduce_l2},
                        {"ReduceSumSquare", reduce_sum_square},
                        {"ReduceLogSum", reduce_log_sum},
                        {"ReduceLogSumExp", reduce_log_sum_exp},
                        {"ArgMax", arg<ArgKind::max>},
                        {"ArgMin", arg<ArgKind::min>},
                        {"CumSum", cumulate<CumulateKind::sum>},
                        {"CumProd", cumulate<CumulateKind::prod>},
                        {"TopK", top_k}};

}  // namespace

std::span<const Row> reduction_rows() { return rows; }

}  // namespace banoff::onnx_import
