#include "kernels/cpu/grid.hpp"

#include <algorithm>

#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/quantised.hpp"

namespace banoff::cpu {

loops::Grid loop_grid(const Stored& stored) {
  const IntegerRange range = range_of(stored.type);
  return {stored.scale, static_cast<float>(stored.zero_point), static_cast<float>(range.least),
          static_cast<float>(range.most)};
}

void to_stored(const float* x, std::byte* q, std::int64_t count, const Stored& stored) {
  const loops::Grid grid = loop_grid(stored);
  in_chunks(count, [&](std::int64_t at, std::int64_t n) {
    if (stored.type == DType::bf16) loops::to_bf16(x + at, reinterpret_cast<std::uint16_t*>(q) + at, n);
    else if (stored.type == DType::u8) loops::to_grid(x + at, reinterpret_cast<std::uint8_t*>(q) + at, n, grid);
    else loops::to_grid(x + at, reinterpret_cast<std::int8_t*>(q) + at, n, grid);
  });
}

void from_stored(const std::byte* q, float* x, std::int64_t count, const Stored& stored) {
  const loops::Grid grid = loop_grid(stored);
  in_chunks(count, [&](std::int64_t at, std::int64_t n) {
    if (stored.type == DType::bf16) loops::from_bf16(reinterpret_cast<const std::uint16_t*>(q) + at, x + at, n);
    else if (stored.type == DType::u8) loops::from_grid(reinterpret_cast<const std::uint8_t*>(q) + at, x + at, n, grid);
    else loops::from_grid(reinterpret_cast<const std::int8_t*>(q) + at, x + at, n, grid);
  });
}

void round_to_grid(const float* x, float* y, std::int64_t count, const Stored& grid) {
  const loops::Grid numbers = loop_grid(grid);
  in_chunks(count, [&](std::int64_t at, std::int64_t n) { loops::round_to_grid(x + at, y + at, n, numbers); });
}

bool any_stored(const Region& region) {
  const auto stored = [&](ValueId value) { return region.type(value).stored.has_value(); };
  return std::ranges::any_of(region.inputs, stored) || std::ranges::any_of(region.outputs, stored);
}

double stored_us(const Region& region, int threads) {
  double bytes = 0;
  for (const auto* list : {&region.inputs, &region.outputs}) {
    for (const ValueId value : *list) {
      const TensorType& type = region.type(value);
      const std::size_t element = type.stored ? size_of(type.stored->type) : sizeof(float);
      bytes += static_cast<double>(type.shape.elements()) * static_cast<double>(element);
    }
  }
  return pass_us(bytes, threads);
}

Offer stored_reorder(const TensorType& type, Layout from, Layout to, int threads) {
  const bool to_last = to == Layout::channels_last && from == Layout::plain;
  if (!to_last && !(from == Layout::channels_last && to == Layout::plain))
    fail_internal("numbers from {} to {}", name_of(from), name_of(to));
  const Blocks view = blocks_of(type.shape, Layout::plain);
  const std::int64_t channels = view.channels, spatial = view.spatial;
  // Pixels of one image that a task has: threads share out even a single image.
  const std::int64_t strip = round_up(divide_up(parallel_elements / 2, std::max<std::int64_t>(channels, 1)), 32);
  const std::int64_t strips = divide_up(spatial, strip);
  const std::size_t element = size_of(type.stored->type);
  const double bytes = 2.0 * static_cast<double>(type.shape.elements()) * static_cast<double>(element);
  return ready_offer({"reorder"}, 2.0 * pass_us(bytes, threads), [=, images = view.n](const KernelArgs& args) {
    const auto turn = [&]<class T>(T) {
      const auto* x = reinterpret_cast<const T*>(args.inputs[0]);
      auto* y = reinterpret_cast<T*>(args.outputs[0]);
      parallel_for(images * strips, strip * channels, [&](std::int64_t task) {
        const std::int64_t pixel = task % strips * strip;
        const std::int64_t pixels = std::min(strip, spatial - pixel);
        const std::int64_t image = task / strips * channels * spatial;
        const std::int64_t plain = image + pixel, last = image + pixel * channels;
        if (to_last) loops::transpose(x + plain, y + last, channels, pixels, spatial, channels);
        else loops::transpose(x + last, y + plain, pixels, channels, channels, spatial);
      });
    };
    if (element == 1) turn(std::uint8_t{});
    else turn(std::uint16_t{});
  });
}

}  // namespace banoff::cpu
