// Dense layers and convolutions without groups on numbers of 8 bits. Pictures get their border, and three channels a
// fourth, in scratch memory first.
#include <algorithm>
#include <utility>

#include "kernels/cpu/integer_layer.hpp"
#include "kernels/cpu/linear.hpp"
#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/parallel.hpp"
#include "kernels/cpu/picture.hpp"
#include "kernels/cpu/simd/int8_pool.hpp"
#include "kernels/cpu/simd/int8_product.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::cpu {

namespace {

/// Channels of the input.
std::int64_t inputs_of(const Region& region) {
  const Shape& x = region.type(region.node(0).inputs[0]).shape;
  return region.node(0).as<Conv>() != nullptr ? x[1] : x.back();
}

/// How a layer becomes products: of `images` times `rows` rows, of which `width` lie in a line.
struct Outline {
  std::int64_t images = 1, rows = 1, width = 1;
  std::int64_t image_bytes = 0;  ///< of the input, or of a picture with its border
  std::int64_t x_line = 0, x_pixel = 0;
  std::int64_t channels = 1;      ///< of the input, and in memory that the product reads
  std::int64_t segment_step = 0;  ///< bytes between the segments
  simd::ByteWeights weights;
  std::optional<simd::ByteBorder> border;  ///< without its memory

  Outline(const Region& region, const IntegerLayer& layer) {
    weights.out = layer.out;
    const Node& node = region.node(0);
    const Shape& x = region.type(node.inputs[0]).shape;
    if (node.as<Conv>() == nullptr) {
      channels = weights.length = x_pixel = x.back();
      rows = width = x.elements(0, x.rank() - 1);
      return;
    }
    const ConvPicture picture(region);
    if (groups_of(*node.as<Conv>(), x) != 1) throw Refused{"a convolution in groups"};
    if (!channels_last(picture.in) || !channels_last(picture.out))
      throw Refused{"integers in a layout other than channels-last"};
    const Window& height = picture.height;
    const Window& across = picture.width;
    channels = picture.in.channels == 3 ? 4 : picture.in.channels;
    const bool padded = height.pad_begin != 0 || height.pad_end != 0 || across.pad_begin != 0 || across.pad_end != 0;
    const std::int64_t line = (across.input + across.pad_begin + across.pad_end) * channels;
    images = picture.in.n;
    width = across.output;
    rows = height.output * width;
    image_bytes = line * (height.input + height.pad_begin + height.pad_end);
    x_line = line * height.stride;
    x_pixel = channels * across.stride;
    segment_step = line;
    weights.segments = height.kernel;
    weights.length = across.kernel * channels;
    if (padded || channels != picture.in.channels) {
      border = simd::ByteBorder{.channels = picture.in.channels,
                                .y_channels = channels,
                                .height = height.input,
                                .width = across.input,
                                .pad_top = height.pad_begin,
                                .pad_left = across.pad_begin,
                                .pad_right = across.pad_end,
                                .end_row = height.input + height.pad_begin + height.pad_end,
                                .value = static_cast<std::uint8_t>(layer.source.zero_point)};
    } else if (x_line == width * x_pixel) {  // all images are one
      rows *= std::exchange(images, 1);
      width = rows;
    }
  }
};

struct Plan {
  Outline outline;
  std::size_t source;
  simd::BytePanels panels;
  AlignedFloats weights;
  std::vector<std::int64_t> offsets;
  simd::ByteProductKernel kernel;
  void (*border)(const simd::ByteBorder&);
  IntegerTarget target;
  int threads;
};

/// [out][in][height][width] as [out][height][width][channels], with zeros for channels that are added.
std::vector<std::int8_t> channels_behind(const std::vector<std::int8_t>& numbers, const Outline& outline,
                                         std::int64_t in) {
  const std::int64_t height = outline.weights.segments;
  const std::int64_t width = outline.weights.length / outline.channels;
  std::vector<std::int8_t> turned(static_cast<std::size_t>(outline.weights.out * height * outline.weights.length));
  for (std::int64_t o = 0; o < outline.weights.out; ++o) {
    for (std::int64_t c = 0; c < in; ++c) {
      for (std::int64_t tap = 0; tap < height * width; ++tap)
        turned[static_cast<std::size_t>((o * height * width + tap) * outline.channels + c)] =
            numbers[static_cast<std::size_t>((o * in + c) * height * width + tap)];
    }
  }
  return turned;
}

Plan plan(const Machine& machine, const Region& region) {
  const IntegerLayer layer(region);
  const Outline outline(region, layer);
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  const simd::BytePanels panels = simd::byte_panels(isa, layer.out);
  const auto numbers = layer.numbers(region);
  AlignedFloats weights = bytes_of_weights(packed_weight_bytes(panels, outline.weights));
  pack_weights(panels, outline.weights, channels_behind(numbers, outline, inputs_of(region)).data(),
               reinterpret_cast<std::int8_t*>(weights.data()));
  std::vector<std::int64_t> offsets;
  for (std::int64_t s = 0; s < outline.weights.segments; ++s) offsets.push_back(s * outline.segment_step);
  return {outline,
          layer.source_input,
          panels,
          std::move(weights),
          std::move(offsets),
          simd::byte_product_kernel(isa),
          simd::byte_pools(isa).border,
          IntegerTarget(layer, layer.scales(region, numbers), isa),
          machine.threads};
}

/// Gives the picture its border, and returns where it lies then.
const std::uint8_t* with_border(const Plan& plan, const std::uint8_t* x, std::byte* scratch) {
  if (!plan.outline.border) return x;
  simd::ByteBorder all = *plan.outline.border;
  all.x = x;
  all.y = reinterpret_cast<std::uint8_t*>(scratch);
  const std::int64_t strip = divide_up(all.end_row, plan.threads);
  const std::int64_t line = plan.outline.segment_step;
  parallel_for(divide_up(all.end_row, strip), strip * line / 4, [&](std::int64_t i) {
    simd::ByteBorder part = all;
    part.first_row = i * strip;
    part.end_row = std::min(all.end_row, part.first_row + strip);
    plan.border(part);
  });
  return all.y;
}

void run(const Plan& plan, const KernelArgs& args) {
  const Outline& outline = plan.outline;
  const simd::ByteTarget target = plan.target.bind(args);
  // Threads share out rows, or outputs where rows are few: of small pictures as strips_of has it, where that is even.
  constexpr std::int64_t few_rows = 16, small_picture = 64;
  const bool even =
      divide_up<std::int64_t>(plan.panels.panels, plan.threads) * plan.threads * 8 <= plan.panels.panels * 9;
  const bool by_panel = outline.rows < (even ? small_picture : few_rows) * plan.threads;
  const std::int64_t parts = std::min<std::int64_t>(plan.threads, by_panel ? plan.panels.panels : outline.rows);
  const std::int64_t work = outline.rows * outline.weights.out / parts * outline.weights.segments *
                            outline.weights.length / (4 * parallel_products);
  for (std::int64_t image = 0; image < outline.images; ++image) {
    const std::int64_t image_bytes = outline.border
                                         ? outline.border->height * outline.border->width * outline.border->channels
                                         : outline.image_bytes;
    const auto* given = reinterpret_cast<const std::uint8_t*>(args.inputs[plan.source]) + image * image_bytes;
    const std::uint8_t* x = with_border(plan, given, args.scratch);
    simd::ByteTarget to = target;
    const std::int64_t done = image * outline.rows * outline.weights.out;
    if (to.y != nullptr) to.y += done;
    if (to.floats != nullptr) to.floats += done;
    if (to.add != nullptr) to.add += done;
    parallel_for(parts, work, [&](std::int64_t part) {
      const auto share = [&](std::int64_t of, std::int64_t i) { return of * i / parts; };
      plan.kernel({.x = x,
                   .weights = reinterpret_cast<const std::int8_t*>(plan.weights.data()),
                   .offsets = plan.offsets.data(),
                   .shape = outline.weights,
                   .panels = plan.panels,
                   .width = outline.width,
                   .x_line = outline.x_line,
                   .x_pixel = outline.x_pixel,
                   .y_row = outline.weights.out,
                   .first = by_panel ? 0 : share(outline.rows, part),
                   .end = by_panel ? outline.rows : share(outline.rows, part + 1),
                   .first_panel = by_panel ? share(plan.panels.panels, part) : 0,
                   .end_panel = by_panel ? share(plan.panels.panels, part + 1) : plan.panels.panels,
                   .target = to});
    });
  }
}

/// GFLOP/s, in the measure of onednn/cost.cpp, where the library's products of bytes have 330 and less with a border:
/// by the measured ratio to those, or where it has none to products of floats at 104.
double rate(const simd::ByteIsa& isa, const Outline& outline, const simd::BytePanels& panels) {
  if (!isa.dot) return isa.isa == Isa::avx512 ? 150 : isa.isa == Isa::avx2 ? 142 : 60;
  if (panels.vectors == 1) return 300;
  if (outline.weights.segments * outline.weights.length <= 256) return 366;
  return outline.weights.segments > 1 ? 309 : 320;
}

/// Microseconds.
double cost(const Machine& machine, const Outline& outline, const simd::BytePanels& panels, std::int64_t in) {
  const simd::ByteIsa isa = simd::byte_isa(machine.isa);
  const std::int64_t taps = outline.weights.length / outline.channels * outline.weights.segments;
  const std::int64_t out = isa.dot ? outline.weights.out : panels.vectors * panels.lanes;
  const auto made = static_cast<double>(outline.images * outline.rows * out);
  const double products = 2e-3 * made * static_cast<double>(taps * in) / rate(isa, outline, panels);
  constexpr double memory = 54e3;  // bytes in a microsecond, of one core
  const double bytes = static_cast<double>(packed_weight_bytes(panels, outline.weights)) + made;
  return 0.3 + std::max(products, bytes / memory) / machine.threads;
}

}  // namespace

Offer integer_product(const Machine& machine, const Region& region) {
  const IntegerLayer layer(region);
  const Outline outline(region, layer);
  const simd::BytePanels panels = simd::byte_panels(simd::byte_isa(machine.isa), layer.out);
  LoopKernelTraits traits{"int8 product"};
  traits.weight_bytes = static_cast<std::size_t>(packed_weight_bytes(panels, outline.weights));
  if (outline.border) traits.scratch_bytes = static_cast<std::size_t>(outline.image_bytes);
  const double us = cost(machine, outline, panels, inputs_of(region));
  return planned_offer(
      std::move(traits), us, [&machine, region] { return plan(machine, region); }, run);
}

}  // namespace banoff::cpu
