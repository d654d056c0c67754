// Poolings, and what works on windows without weights.
#include <algorithm>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/spatial.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

Pool pool_of(Call& call, PoolKind kind) {
  const std::size_t rank = call.shape(0).rank();
  if (rank < 3) fail_input("input {} has no spatial dimension", call.shape(0).str());
  if (!call.attributes.has("kernel_shape")) fail_input("kernel_shape is missing");
  Pool op;
  op.kind = kind;
  op.kernel = spatial(call, "kernel_shape", rank - 2);
  op.stride = spatial(call, "strides", rank - 2);
  op.padding = padding_of(call, rank - 2);
  op.ceil_mode = call.attributes.integer("ceil_mode", 0) != 0;
  op.dilation = spatial(call, "dilations", rank - 2);
  return op;
}

void max_pool(Call& call) {
  const Steps s(call);
  const Pool op = pool_of(call, PoolKind::max);
  const bool column_major = call.attributes.integer("storage_order", 0) != 0;
  const DType type = call.type(0).dtype;
  const Operand x = s.cast(call.in(0), is_float(type) ? type : DType::f64);
  if (call.outputs() > 1) call.result(1, s.emit(MaxPoolIndices{op, column_major}, {x}));
  call.result(0, s.cast(s.emit(op, {x}), type));
}

void average_pool(Call& call) {
  Pool op = pool_of(call, PoolKind::avg);
  op.count_include_pad = call.attributes.integer("count_include_pad", 0) != 0;
  call.become(op);
}

void global_average_pool(Call& call) { call.become(GlobalPool{PoolKind::avg}); }
void global_max_pool(Call& call) { call.become(GlobalPool{PoolKind::max}); }

/// |x|^p, and the p-th root.
Operand powered(const Steps& s, const Operand& x, double p) {
  if (p == 2) return s.mul(x, x);
  const Operand size = s.unary(UnaryKind::abs, x);
  return p == 1 ? size : s.pair(PairKind::pow, size, s.number(x, p));
}
Operand root(const Steps& s, const Operand& x, double p) {
  if (p == 2) return s.unary(UnaryKind::sqrt, x);
  return p == 1 ? x : s.pair(PairKind::pow, x, s.number(x, 1 / p));
}

double exponent_of(Call& call) {
  const std::int64_t p = call.attributes.integer("p", 2);
  if (p < 1) fail_input("p = {}, expected at least 1", p);
  return static_cast<double>(p);
}

/// The sum over windows is a convolution of each channel with ones.
void lp_pool(Call& call) {
  const Steps s(call);
  const double p = exponent_of(call);
  const Pool pool = pool_of(call, PoolKind::avg);
  const Shape shape = call.shape(0);
  Conv sum;
  sum.out = sum.groups = shape[1];
  sum.kernel = pool.kernel, sum.stride = *pool.stride, sum.dilation = pool.dilation, sum.padding = pool.padding;
  if (pool.ceil_mode && pool.padding.mode == Padding::Mode::given) {
    const auto all = windows(pool, shape);
    Ints end;
    for (const Window& w : all) {
      const std::int64_t reach = (w.output - 1) * w.stride + (w.kernel - 1) * w.dilation + 1 - w.input - w.pad_begin;
      end.push_back(std::max(w.pad_end, reach));
    }
    sum.padding.end = Spatial(end);
  }
  Shape ones{shape[1], 1};
  for (std::size_t d = 0; d + 2 < shape.rank(); ++d) ones.push_back(pool.kernel.at(d));
  call.result(0, s.in_floats(call.in(0), [&](const Operand& x) {
    const Params weight{{Slot::weight, s.known().filled(s.type(x).dtype, ones, 1)}};
    return root(s, s.emit(sum, {powered(s, x, p)}, weight), p);
  }));
}

void global_lp_pool(Call& call) {
  const Steps s(call);
  const double p = exponent_of(call);
  const std::size_t rank = call.shape(0).rank();
  if (rank < 3) fail_input("input {} has no spatial dimension", call.shape(0).str());
  Ints axes = all_axes(rank);
  axes.erase(axes.begin(), axes.begin() + 2);
  call.result(0, s.in_floats(call.in(0), [&](const Operand& x) {
    return root(s, s.reduce(ReduceKind::sum, powered(s, x, p), axes), p);
  }));
}

/// Elements go where they stood before a MaxPool, zeros are elsewhere. Places are those in an output of the size that
/// the windows give; a larger one has zeros behind.
void max_unpool(Call& call) {
  const Steps s(call);
  const Shape x = call.shape(0);
  if (x.rank() < 3) fail_input("input {} has no spatial dimension", x.str());
  const std::size_t spatial_rank = x.rank() - 2;
  if (!call.attributes.has("kernel_shape")) fail_input("kernel_shape is missing");
  if (call.shape(1) != x) fail_input("places {} for {}", call.shape(1).str(), x.str());
  const Spatial kernel = spatial(call, "kernel_shape", spatial_rank), stride = spatial(call, "strides", spatial_rank);
  const Padding padding = padding_of(call, spatial_rank);
  Ints whole{x[0], x[1]};
  for (std::size_t d = 0; d < spatial_rank; ++d) {
    const std::int64_t covered = checked_add(checked_mul(x[d + 2] - 1, stride.at(d)), kernel.at(d));
    whole.push_back(covered - padding.begin.at(d) - padding.end.at(d));
    if (whole.back() < 1) fail_input("padding leaves nothing of {} elements", covered);
  }
  const Operand zeros{none, s.known().filled(call.type(0).dtype, {Shape(whole).elements()}, 0)};
  const Ints row{x.elements()};
  const Operand put = s.emit(ScatterElements{}, {zeros, s.reshape(call.in(1), row), s.reshape(call.in(0), row)});
  const Operand y = s.reshape(put, whole);
  const Ints wanted = call.has(2) ? call.known_integers(2, "output_shape") : whole;
  if (wanted == whole) return call.result(0, y);
  Pad pad;
  pad.padding = Padding{Padding::Mode::given, Spatial(Ints(x.rank(), 0)), Spatial(Ints(x.rank(), 0))};
  if (wanted.size() != x.rank()) fail_input("output_shape has {} sizes for {}", wanted.size(), x.str());
  for (std::size_t d = 0; d < wanted.size(); ++d) {
    if (wanted[d] < whole[d]) fail_input("output_shape has {} where there are {}", wanted[d], whole[d]);
    pad.padding.end.values[d] = wanted[d] - whole[d];
  }
  call.result(0, s.emit(pad, {y}));
}

constexpr Row rows[] = {{"MaxPool", max_pool},
                        {"AveragePool", average_pool},
                        {"GlobalAveragePool", global_average_pool},
                        {"GlobalMaxPool", global_max_pool},
                        {"LpPool", lp_pool},
                        {"GlobalLpPool", global_lp_pool},
                        {"MaxUnpool", max_unpool}};

}  // namespace

std::span<const Row> pooling_rows() { return rows; }

}  // namespace banoff::onnx_import
