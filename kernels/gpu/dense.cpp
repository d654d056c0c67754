// Matrix products: by weights, and of two values.
#include <algorithm>

#include "kernels/gpu/kernels.hpp"
#include "kernels/gpu/product.hpp"
#include "kernels/gpu/walk_plan.hpp"

namespace banoff::gpu {

namespace {

void require_plain(const Region& region) {
  for (const auto* layouts : {&region.input_layouts, &region.output_layouts})
    for (const Layout layout : *layouts)
      if (layout != Layout::plain) throw Refused{"a matrix product in a layout other than plain"};
}

Shares shares_of(std::int64_t outputs, std::int64_t size) {
  constexpr int most_parts = 128;
  Shares shares{as_int(outputs), 1, 1};
  while (shares.height < most_parts && shares.height * 4 <= size) shares.height *= 2;
  return shares;
}

/// Where each matrix of a batch starts in an operand whose leading dimensions broadcast to those of `shape`.
Strided batches(const Shape& operand, const Shape& shape) {
  const std::size_t count = shape.rank() - 2;
  if (count > Strided::most_dims) throw Refused{"a matrix product of rank " + std::to_string(shape.rank())};
  const auto own = strides_of(operand, Layout::plain);
  const std::size_t missing = shape.rank() - operand.rank();
  std::vector<WalkedAxis<1>> axes;
  for (std::size_t d = 0; d < count; ++d) {
    const bool repeated = d < missing || operand[d - missing] == 1;
    axes.push_back({shape[d], {repeated ? 0 : own[d - missing]}});
  }
  return walked<Strided>(axes);
}

/// Elements from one matrix of a batch to the next; none where they lie in no even steps.
std::optional<std::int64_t> step_of(const Shape& operand, const Shape& shape) {
  const std::size_t count = shape.rank() - 2, missing = shape.rank() - operand.rank();
  const std::int64_t matrix = operand[operand.rank() - 1] * operand[operand.rank() - 2];
  bool one = true, all = true;
  for (std::size_t d = 0; d < count; ++d) {
    const std::int64_t own = d < missing ? 1 : operand[d - missing];
    one = one && own == 1;
    all = all && own == shape[d];
  }
  if (one) return 0;
  return all ? std::optional(matrix) : std::nullopt;
}

double product_us(std::int64_t outputs, std::int64_t size) {
  return 2.0 + static_cast<double>(outputs) * static_cast<double>(size) / 1e6;
}

bool takes_packs(std::int64_t size, DType type) { return size % (16 / static_cast<std::int64_t>(size_of(type))) == 0; }

}  // namespace

namespace {

Product dense_product(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const Shape& x = region.type(node.inputs[0]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  Product product;
  Dot& job = product.dot;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.size = as_int(x.back());
  job.columns = as_int(y.back());
  job.rows = as_int(y.elements() / std::max<std::int64_t>(y.back(), 1));
  job.a_row = job.b_column = job.size;
  job.packed = takes_packs(job.size, job.type);
  job.shares = shares_of(y.elements(), job.packed ? job.size / 4 : job.size);
  product.problem = ProductProblem{job.type, context.math(), 1, job.rows, job.columns, job.size, false, true};
  product.a_elements = static_cast<std::size_t>(x.elements());
  product.b_elements = static_cast<std::size_t>(job.size) * static_cast<std::size_t>(job.columns);
  product.left = input_of(region, node.inputs[0]);
  product.weights = [&region] { return floats(region, region.node(0), Slot::weight); };
  product.bias = floats(region, node, Slot::bias);
  return product;
}

Product matmul_product(const Context& context, const Region& region) {
  const Node& node = region.node(0);
  const auto& op = *node.as<MatMul>();
  const Shape& a = region.type(node.inputs[0]).shape;
  const Shape& b = region.type(node.inputs[1]).shape;
  const Shape& y = region.type(node.outputs[0]).shape;
  Product product;
  Dot& job = product.dot;
  job.type = context.storage(region.type(node.inputs[0]).dtype);
  job.rows = as_int(y[y.rank() - 2]);
  job.columns = as_int(y.back());
  job.size = as_int(op.transpose_a ? a[a.rank() - 2] : a.back());
  job.a_row = op.transpose_a ? 1 : job.size;
  job.a_step = op.transpose_a ? job.rows : 1;
  job.b_column = op.transpose_b ? job.size : 1;
  job.b_step = op.transpose_b ? 1 : job.columns;
  job.a_batch = batches(a, y);
  job.b_batch = batches(b, y);
  job.packed = !op.transpose_a && op.transpose_b && takes_packs(job.size, job.type);
  job.shares = shares_of(y.elements(), job.size);
  const auto a_step = step_of(a, y), b_step = step_of(b, y);
  const std::int64_t matrix = std::max<std::int64_t>(std::int64_t{job.rows} * job.columns, 1);
  if (a_step && b_step)
    product.problem = ProductProblem{job.type,       context.math(), as_int(y.elements() / matrix),
                                     job.rows,       job.columns,    job.size,
                                     op.transpose_a, op.transpose_b, *a_step,
                                     *b_step};
  product.a_elements = static_cast<std::size_t>(a.elements());
  product.b_elements = static_cast<std::size_t>(b.elements());
  product.left = input_of(region, node.inputs[0]);
  product.right = static_cast<int>(input_of(region, node.inputs[1]));
  return product;
}

}  // namespace

JobOffer dense(const Context& context, const Region& region) {
  require_float_chain(region);
  require_plain(region);
  const Product product = dense_product(context, region);
  return product_offer(context, region, product_us(product.dot.shares.outputs, product.dot.size),
                       [&context, region] { return dense_product(context, region); });
}

JobOffer matrix_product(const Context& context, const Region& region) {
  require_float_chain(region);
  require_plain(region);
  const Product product = matmul_product(context, region);
  return product_offer(context, region, 4 * product_us(product.dot.shares.outputs, product.dot.size),
                       [&context, region] { return matmul_product(context, region); });
}

}  // namespace banoff::gpu
