#include "kernels/gpu/conv_shape.hpp"

#include <algorithm>

namespace banoff::gpu {

namespace {

Shape with_height(const Shape& shape) {
  if (shape.rank() != 3) return shape;
  return {shape[0], shape[1], 1, shape[2]};
}

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

double ConvShape::flops() const {
  const double pixels = static_cast<double>((transposed ? x : y).elements()) /
                        static_cast<double>(std::max<std::int64_t>((transposed ? x : y)[1], 1));
  return 2.0 * pixels * static_cast<double>(taps * in() * out_per_group);
}

ConvShape conv_shape(const Region& region) {
  ConvShape shape;
  shape.node = &region.node(0);
  const Shape& x = region.type(shape.node->inputs[0]).shape;
  if (x.rank() < 3 || x.rank() > 5) throw Refused{"rank " + std::to_string(x.rank())};
  shape.x = with_height(x);
  shape.y = with_height(region.type(shape.node->outputs[0]).shape);
  shape.source = input_of(region, shape.node->inputs[0]);
  shape.source_layout = region.input_layouts[shape.source];
  if (same_bytes(x, shape.source_layout, Layout::channels_last)) shape.source_layout = Layout::channels_last;
  if (const auto* op = shape.node->as<Conv>()) {
    shape.spatial = windows(*op, x);
    shape.groups = groups_of(*op, x);
  } else {
    const auto& transposed = *shape.node->as<ConvTranspose>();
    shape.transposed = true;
    shape.spatial = windows(transposed, x);
    shape.groups = transposed.groups;
  }
  if (shape.spatial.size() == 1) shape.spatial.insert(shape.spatial.begin(), Window{1, 1, 1, 1, 1, 0, 0});
  for (const Window& w : shape.spatial) shape.taps *= w.kernel;
  shape.in_per_group = shape.in() / shape.groups;
  shape.out_per_group = shape.out() / shape.groups;
  const bool padded =
      std::ranges::any_of(shape.spatial, [](const Window& w) { return w.pad_begin != 0 || w.pad_end != 0; });
  if (padded) shape.padding = floats(region, *shape.node, Slot::pad_value);
  if (std::ranges::all_of(shape.padding, [](float v) { return v == 0; })) shape.padding.clear();
  (void)as_int(shape.x.elements()), (void)as_int(shape.y.elements());
  return shape;
}

std::vector<float> direct_weights(const Region& region, const ConvShape& s) {
  const auto given = floats(region, *s.node, Slot::weight);
  std::vector<float> weights(given.size());
  for (std::int64_t o = 0; o < s.out(); ++o) {
    const std::int64_t group = o / s.out_per_group;
    for (std::int64_t c = 0; c < s.in_per_group; ++c) {
      const std::int64_t from =
          s.transposed ? (group * s.in_per_group + c) * s.out_per_group + o % s.out_per_group : o * s.in_per_group + c;
      for (std::int64_t t = 0; t < s.taps; ++t)
        weights[at((t * s.in_per_group + c) * s.out() + o)] = given[at(from * s.taps + t)];
    }
  }
  return weights;
}

std::vector<float> library_weights(const Region& region, const ConvShape& s, std::int64_t in_channels,
                                   std::int64_t out_channels) {
  const auto given = floats(region, *s.node, Slot::weight);
  const std::int64_t rows = s.transposed ? s.in() : s.out();
  const std::int64_t columns = s.transposed ? s.out_per_group : s.in_per_group;
  const std::int64_t wide_rows = s.transposed ? in_channels : out_channels;
  const std::int64_t wide_columns = (s.transposed ? out_channels : in_channels) / s.groups;
  std::vector<float> weights(at(wide_rows * s.taps * wide_columns), 0.0F);
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      for (std::int64_t t = 0; t < s.taps; ++t)
        weights[at((r * s.taps + t) * wide_columns + c)] = given[at((r * columns + c) * s.taps + t)];
    }
  }
  return weights;
}

std::vector<JobOffer> convolution(const Context& context, const Region& region) {
  require_float_chain(region);
  const ConvShape shape = conv_shape(region);
  const TensorType& result = region.type(region.outputs[0]);
  if (!same_bytes(result.shape, region.output_layouts[0], Layout::channels_last))
    throw Refused{"a convolution in a layout other than channels-last"};
  const bool one_pixel =
      shape.x.elements() == shape.x[0] * shape.in() && shape.y.elements() == shape.y[0] * shape.out();
  const bool direct_weights_only = shape.taps == 1 && shape.groups == 1 && !shape.transposed && shape.padding.empty();
  if (one_pixel && direct_weights_only) return {product_convolution(context, region)};
  const bool depthwise = shape.in_per_group == 1 && shape.groups > 1;
  std::vector<JobOffer> offers;
  std::optional<Refused> why;
  for (const auto way : {depthwise ? depthwise_convolution : library_convolution, direct_convolution}) {
    try {
      offers.push_back(way(context, region, shape));
    } catch (const Refused& refused) {
      why = refused;
    }
  }
  if (offers.empty()) throw Refused(*why);
  // Beside the library, the device's own kernel is for what that turns out not to take.
  if (offers.size() > 1 && !depthwise) offers.back().slow = true;
  return offers;
}

}  // namespace banoff::gpu
