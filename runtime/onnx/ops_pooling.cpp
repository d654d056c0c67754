// Poolings, and what works on windows without weights.
#include "runtime/onnx/spatial.hpp"

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
  call.attributes.ignore("storage_order");  // of the second output
  call.no_outputs_from(1);
  call.become(pool_of(call, PoolKind::max));
}

void average_pool(Call& call) {
  Pool op = pool_of(call, PoolKind::avg);
  op.count_include_pad = call.attributes.integer("count_include_pad", 0) != 0;
  for (const std::int64_t dilation : op.dilation.values) {
    if (dilation != 1) fail_input("dilations of an average pool are not supported");
  }
  call.become(op);
}

void global_average_pool(Call& call) { call.become(GlobalPool{PoolKind::avg}); }
void global_max_pool(Call& call) { call.become(GlobalPool{PoolKind::max}); }

void lrn(Call& call) {
  Lrn op;
  op.size = call.attributes.integer("size", 0);
  op.alpha = call.attributes.real("alpha", 1e-4);
  op.beta = call.attributes.real("beta", 0.75);
  op.bias = call.attributes.real("bias", 1);
  call.become(op);
}

constexpr Row rows[] = {{"MaxPool", max_pool},
                        {"AveragePool", average_pool},
                        {"GlobalAveragePool", global_average_pool},
                        {"GlobalMaxPool", global_max_pool},
                        {"LRN", lrn}};

}  // namespace

std::span<const Row> pooling_rows() { return rows; }

}  // namespace banoff::onnx_import
