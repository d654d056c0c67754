#include "kernels/gpu/layout.hpp"

#include <numeric>

namespace banoff::gpu {

std::vector<std::size_t> memory_order(std::size_t rank, Layout layout) {
  std::vector<std::size_t> order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (layout == Layout::channels_last && rank > 2) {
    order.erase(order.begin() + 1);
    order.push_back(1);
  }
  return order;
}

std::vector<std::int64_t> strides_of(const Shape& shape, Layout layout) {
  std::vector<std::int64_t> strides(shape.rank(), 1);
  std::int64_t step = 1;
  const auto order = memory_order(shape.rank(), layout);
  for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
    strides[*axis] = step;
    step *= shape[*axis];
  }
  return strides;
}

bool same_order(const Shape& shape, Layout a, Layout b) {
  const auto x = strides_of(shape, a), y = strides_of(shape, b);
  for (std::size_t axis = 0; axis < shape.rank(); ++axis)
    if (shape[axis] != 1 && x[axis] != y[axis]) return false;
  return true;
}

Pixels pixels_of(const Shape& in, const Shape& out, Layout layout) {
  if (in.rank() < 3 || in.rank() > 5) throw Refused{"rank " + std::to_string(in.rank())};
  const bool last = layout == Layout::channels_last;
  Pixels pixels;
  pixels.outer = as_int(last ? out[0] : out[0] * out[1]);
  pixels.lanes = as_int(last ? out[1] : 1);
  for (std::size_t d = 2; d < in.rank(); ++d) {
    pixels.in[d + 3 - in.rank()] = as_int(in[d]);
    pixels.out[d + 3 - in.rank()] = as_int(out[d]);
  }
  return pixels;
}

}  // namespace banoff::gpu
