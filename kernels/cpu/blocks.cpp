#include "kernels/cpu/blocks.hpp"

#include <algorithm>

#include "runtime/core/checked.hpp"

namespace banoff::cpu {

std::int64_t lanes_of(Layout layout, std::int64_t channels) {
  switch (layout) {
    case Layout::plain: return 1;
    case Layout::channels_last: return channels;
    case Layout::blocked8: return 8;
    case Layout::blocked16: return 16;
  }
  return 1;
}

Blocks blocks_of(const Shape& shape, Layout layout) {
  Blocks view;
  if (shape.rank() == 0) return view;
  view.n = shape[0];
  if (shape.rank() == 1) return view;
  view.channels = shape[1];
  view.lanes = std::max<std::int64_t>(lanes_of(layout, shape[1]), 1);
  view.blocks = (shape[1] + view.lanes - 1) / view.lanes;
  view.spatial = shape.elements(2, shape.rank());
  return view;
}

std::int64_t elements_of(const Shape& shape, Layout layout) {
  (void)shape.elements();
  if (layout != Layout::blocked8 && layout != Layout::blocked16) return shape.elements();
  const Blocks view = blocks_of(shape, layout);
  return checked_mul(checked_mul(view.n, view.padded_channels()), view.spatial);
}

bool same_bytes(const Shape& shape, Layout a, Layout b) {
  if (a == b) return true;
  const Blocks x = blocks_of(shape, a);
  const Blocks y = blocks_of(shape, b);
  if (x.padded_channels() != y.padded_channels()) return false;
  if (x.lanes == y.lanes) return true;
  return x.spatial == 1;
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

}  // namespace banoff::cpu
