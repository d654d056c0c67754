#include "kernels/layout.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/core/by_enum.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff {

namespace {
constexpr std::int64_t all_channels = 0;

struct Facts {
  std::string_view name;
  std::int64_t lanes;  ///< channels per block
};
constexpr std::array<Facts, 4> facts{{{"nchw", 1}, {"nhwc", all_channels}, {"nChw8c", 8}, {"nChw16c", 16}}};

bool has_blocks(Layout layout) { return row_for(facts, layout).lanes > 1; }
}  // namespace

std::string_view name_of(Layout layout) noexcept { return row_for(facts, layout).name; }

Blocks blocks_of(const Shape& shape, Layout layout) {
  Blocks view;
  if (shape.rank() == 0) return view;
  view.n = shape[0];
  if (shape.rank() == 1) return view;
  view.channels = shape[1];
  view.lanes = row_for(facts, layout).lanes;
  if (view.lanes == all_channels) view.lanes = std::max<std::int64_t>(view.channels, 1);
  view.blocks = divide_up(shape[1], view.lanes);
  view.spatial = shape.elements(2, shape.rank());
  return view;
}

std::int64_t elements_of(const Shape& shape, Layout layout) {
  (void)shape.elements();
  if (!has_blocks(layout)) return shape.elements();
  const Blocks view = blocks_of(shape, layout);
  return checked_mul(checked_mul(view.n, view.padded_channels()), view.spatial);
}

bool same_bytes(const Shape& shape, Layout a, Layout b) {
  const Blocks x = blocks_of(shape, a);
  const Blocks y = blocks_of(shape, b);
  return x.padded_channels() == y.padded_channels() && (x.lanes == y.lanes || x.spatial == 1);
}

void clear_padding(const Blocks& view, float* data) {
  const std::int64_t used = view.channels - (view.blocks - 1) * view.lanes;
  if (used == view.lanes) return;
  for (std::int64_t i = 0; i < view.n; ++i) {
    float* plane = data + view.plane(i, view.blocks - 1);
    for (std::int64_t s = 0; s < view.spatial; ++s)
      std::fill(plane + s * view.lanes + used, plane + (s + 1) * view.lanes, 0.0F);
  }
}

std::vector<std::size_t> memory_order(std::size_t rank, Layout layout) {
  if (has_blocks(layout)) fail_internal("no order of axes in {}", name_of(layout));
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

}  // namespace banoff
