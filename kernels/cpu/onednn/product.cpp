// Matrix products of two values, and reorders.
#include <algorithm>

#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/onednn/convolution.hpp"
#include "kernels/cpu/onednn/cost.hpp"
#include "kernels/cpu/onednn/epilogue.hpp"
#include "kernels/layout.hpp"

namespace banoff::onednn {

namespace {
constexpr auto f32 = dnnl::memory::data_type::f32;

/// A dense row-major matrix stack of `rank` dimensions, missing ones 1, its last two swapped on demand.
Md matrices(const Shape& shape, std::size_t rank, bool transposed) {
  Dims dims(rank - shape.rank(), 1);
  dims.insert(dims.end(), shape.begin(), shape.end());
  Dims strides(rank, 1);
  for (std::size_t i = rank - 1; i > 0; --i) strides[i - 1] = strides[i] * dims[i];
  if (transposed) {
    std::swap(dims[rank - 1], dims[rank - 2]);
    std::swap(strides[rank - 1], strides[rank - 2]);
  }
  return {dims, f32, strides};
}

/// A matrix product as oneDNN is told of it.
struct Product {
  Md src, weights, dst;
  Epilogue tail;

  explicit Product(const Region& region) {
    const Node& node = region.node(0);
    const auto& op = *node.as<MatMul>();
    const Shape& y = region.type(node.outputs[0]).shape;
    src = matrices(region.type(node.inputs[0]).shape, y.rank(), op.transpose_a);
    weights = matrices(region.type(node.inputs[1]).shape, y.rank(), op.transpose_b);
    dst = matrices(y, y.rank(), false);
    const auto operand = [&](const TensorType& given, Layout) {
      if (given.shape != y || given.stored) throw Refused{"a broadcast operand behind a matrix product"};
      return dst;
    };
    tail = epilogue(region, {operand, Md(), y.rank() - 1});
  }
};

Compiled make_product(const Context& context, const Region& region, const dnnl::matmul::primitive_desc& pd) {
  const Node& node = region.node(0);
  const Product product(region);
  PrimitiveParts parts;
  parts.primitive = dnnl::matmul(pd);
  parts.implementation = pd.impl_info_str();
  parts.inputs = {{DNNL_ARG_SRC, product.src, input_of(region, node.inputs[0])},
                  {DNNL_ARG_WEIGHTS, product.weights, input_of(region, node.inputs[1])}};
  parts.inputs.insert(parts.inputs.end(), product.tail.operands.begin(), product.tail.operands.end());
  parts.output = product.dst;
  parts.scratchpad = pd.scratchpad_desc();
  parts.constants = product.tail.packed_constants(context);
  parts.in_place = product.tail.in_place;
  return primitive_kernel(context, std::move(parts));
}

}  // namespace

std::vector<Offer> matrix_product(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<MatMul>();
  for (const Layout layout : region.input_layouts) {
    if (layout != Layout::plain) throw Refused{"matmul in a layout other than plain"};
  }
  if (region.output_layouts[0] != Layout::plain) throw Refused{"matmul in a layout other than plain"};
  const Shape& a = region.type(node.inputs[0]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  const Product product(region);
  // Every implementation is a matrix product, so that "gemm" in its name is no warning here.
  const auto pds =
      implementations<dnnl::matmul>(context, 1, product.tail.attr, product.src, product.weights, Md(), product.dst);
  const std::int64_t inner = op.transpose_a ? a[a.rank() - 2] : a.back();
  const double us = product_us(y.elements() / std::max<std::int64_t>(y.back(), 1), y.back(), inner, context.threads);
  return {{pds[0].impl_info_str(), us, false,
           [&context, region, pd = pds[0]] { return make_product(context, region, pd); }}};
}

Offer reorder(const Context& context, const Shape& shape, Layout from, Layout to) {
  const Md src = descriptor(shape, from);
  const Md dst = descriptor(shape, to);
  const dnnl::reorder::primitive_desc pd(context.engine, src, context.engine, dst, attributes());
  const std::string name = std::string("reorder:") + pd.impl_info_str();
  // Reorders reach about half of what a copy does.
  const double us = 2.0 * cpu::pass_us(8.0 * static_cast<double>(elements_of(shape, to)), context.threads);
  return {name, us, false, [&context, src, dst, pd, name]() -> Compiled {
            PrimitiveParts parts;
            parts.primitive = dnnl::reorder(pd);
            parts.implementation = name;
            parts.inputs = {{DNNL_ARG_FROM, src, 0}};
            parts.output_argument = DNNL_ARG_TO;
            parts.output = dst;
            parts.scratchpad = pd.scratchpad_desc();
            return primitive_kernel(context, std::move(parts));
          }};
}

}  // namespace banoff::onednn
