// Poolings, and what works on windows without weights.
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

constexpr Row rows[] = {{"MaxPool", max_pool},
                        {"AveragePool", average_pool},
                        {"GlobalAveragePool", global_average_pool},
                        {"GlobalMaxPool", global_max_pool}};

}  // namespace

std::span<const Row> pooling_rows() { return rows; }

}  // namespace banoff::onnx_import
