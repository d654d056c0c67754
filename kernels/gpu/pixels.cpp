#include "kernels/gpu/pixels.hpp"

namespace banoff::gpu {

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
