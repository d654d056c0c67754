#include "kernels/cpu/onednn/epilogue.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/cpu/pass_cost.hpp"
#include "kernels/layout.hpp"
#include "runtime/core/round_up.hpp"
#include "runtime/graph/activations.hpp"

namespace banoff::onednn {

namespace {

using Algorithm = dnnl::algorithm;

/// y = shift + scale * leaky(sign (x - shift)) with one slope for all channels.
struct Bend {
  float slope = 0;
  std::vector<float> sign, scale;
};

/// A kink as a leaky ReLU, mirrored where it is the upper side that has the slope `slope`; none when some channel's
/// slopes have another ratio. The ratios are of rounded floats.
std::optional<Bend> bend_of(const Kinks& kinks, float slope) {
  Bend bend{slope, {}, {}};
  const auto is = [&](float flat, float steep) {
    return std::abs(flat - slope * steep) <= 1e-6F * std::abs(flat) || flat == steep * slope;
  };
  for (std::size_t c = 0; c < kinks.kink.size(); ++c) {
    const float below = kinks.below[c];
    const float above = kinks.above[c];
    if (!is(below, above) && !is(above, below)) return std::nullopt;
    const bool mirrored = !is(below, above);
    bend.sign.push_back(mirrored ? -1.0F : 1.0F);
    bend.scale.push_back(mirrored ? -below : above);
  }
  return bend;
}

bool all_are(const std::vector<float>& values, float value) {
  return std::ranges::all_of(values, [=](float v) { return v == value; });
}

std::vector<float> product(std::vector<float> a, const std::vector<float>& b, float factor) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] *= factor * b[i];
  return a;
}

/// Whether some window of the region's convolution reads nothing but padding.
bool reads_padding_only(const Region& region) {
  const Node& head = region.node(0);
  const auto* conv = head.as<Conv>();
  return conv != nullptr && std::ranges::any_of(windows(*conv, region.type(head.inputs[0]).shape), has_empty_window);
}

class Builder {
 public:
  Builder(const Region& region, const Target& target) : region_(region), target_(target) {}

  void add(const Node& node, ValueId previous) {
    const auto values = [&](Slot slot) { return floats(region_, node, slot); };
    if (const auto* activation = node.as<Activation>()) {
      if (!append_activation(ops_, *activation)) throw Refused{"oneDNN has no such activation there"};
      if (needs_exponential(activation->kind)) result_.us_per_element += 1e-3 * cpu::exponential_ns;
    } else if (const auto scaled = scale_shift_of(region_, node)) {
      require_channels(scaled->axis);
      if (!all_are(scaled->scale, 1)) per_channel(Algorithm::binary_mul, scaled->scale);
      if (!all_are(scaled->shift, 0)) per_channel(Algorithm::binary_add, scaled->shift);
    } else if (const auto* clamp = node.as<Clamp>()) {
      require_channels(resolve_axis(clamp->axis, region_.type(previous).shape.rank()));
      if (clamp->lower) per_channel(Algorithm::binary_max, values(Slot::lower));
      if (clamp->upper) per_channel(Algorithm::binary_min, values(Slot::upper));
    } else if (const auto kinks = kinks_of(region_, node)) {
      require_channels(kinks->axis);
      bend(*kinks);
    } else {
      const auto* binary = node.as<Binary>();
      if (binary == nullptr || (binary->kind != BinaryKind::add && binary->kind != BinaryKind::mul)) {
        throw Refused{std::string(row_of(node.op).name) + " behind a convolution"};
      }
      for (const ValueId operand : node.inputs) {
        if (operand != previous) combine(binary->kind, operand);
      }
    }
  }

  Epilogue finish() {
    result_.attr = attributes(ops_);
    return std::move(result_);
  }

 private:
  [[nodiscard]] int next_argument() const { return DNNL_ARG_ATTR_MULTIPLE_POST_OP(ops_.len()) | DNNL_ARG_SRC_1; }

  void require_channels(std::size_t axis) const {
    if (target_.channels.get_size() == 0 || axis != target_.axis) throw Refused{"values along another axis"};
  }

  void per_channel(Algorithm algorithm, std::vector<float> values) {
    // Whole vectors are read: room for the last of them.
    constexpr std::size_t widest = 16;
    values.resize(round_up(values.size(), widest), 0.0F);
    result_.constants.emplace_back(next_argument(), std::move(values));
    ops_.append_binary(algorithm, target_.channels);
  }

  /// The library's own PReLU would run in the reference implementation.
  void bend(const Kinks& kinks) {
    std::optional<Bend> bend;
    if (const float above = kinks.above.front(); above != 0) bend = bend_of(kinks, kinks.below.front() / above);
    if (const float below = kinks.below.front(); !bend && below != 0)
      bend = bend_of(kinks, kinks.above.front() / below);
    if (!bend) throw Refused{"slopes of several ratios behind a convolution"};
    if (!all_are(bend->sign, 1)) per_channel(Algorithm::binary_mul, bend->sign);
    if (!all_are(kinks.kink, 0)) per_channel(Algorithm::binary_add, product(kinks.kink, bend->sign, -1));
    if (!append_eltwise(ops_, Algorithm::eltwise_relu, bend->slope, 0)) throw Refused{"slopes behind other slopes"};
    if (!all_are(bend->scale, 1)) per_channel(Algorithm::binary_mul, bend->scale);
    if (!all_are(kinks.kink, 0)) per_channel(Algorithm::binary_add, kinks.kink);
  }

  void combine(BinaryKind kind, ValueId operand) {
    const std::size_t input = input_of(region_, operand);
    const Shape& shape = region_.type(region_.outputs[0]).shape;
    const Shape& given = region_.type(operand).shape;
    const Layout layout = region_.input_layouts[input];
    if (given == shape) {
      if (!same_bytes(shape, layout, region_.output_layouts[0]))
        throw Refused{"an operand has another layout than the result"};
      ++result_.whole_operands;
      // Adding in place is free, but 2.6 has it only as the first step, and the source must survive the convolution.
      // Nor does it add the bias there where a window reads nothing but padding.
      const bool is_source = operand == region_.node(0).inputs[0];
      const bool alike = region_.type(operand).stored == region_.type(region_.outputs[0]).stored;
      if (kind == BinaryKind::add && ops_.len() == 0 && alike && !is_source && !reads_padding_only(region_)) {
        ops_.append_sum(1.0F);
        result_.in_place = static_cast<int>(input);
        return;
      }
    } else if (given.rank() != shape.rank() || given[1] != shape[1] || given.elements() != given[1]) {
      // Maps of one channel and values per image run in the reference implementation.
      throw Refused{"operand " + given.str() + " broadcast to " + shape.str() + " behind a convolution"};
    }
    const Md md =
        target_.operand(region_.type(operand), given == shape ? region_.output_layouts[0] : Layout::channels_last);
    result_.operands.push_back({next_argument(), md, input});
    ops_.append_binary(kind == BinaryKind::add ? Algorithm::binary_add : Algorithm::binary_mul, md);
  }

  const Region& region_;
  const Target& target_;
  dnnl::post_ops ops_;
  Epilogue result_;
};

}  // namespace

std::vector<std::pair<int, PackedPtr>> Epilogue::packed_constants(const Context& context) const {
  std::vector<std::pair<int, PackedPtr>> result;
  for (const auto& [argument, values] : constants) {
    const Md md({std::ssize(values)}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::a);
    result.emplace_back(argument, packed(context, values, md, md));
  }
  return result;
}

Epilogue epilogue(const Region& region, const Target& target) {
  Builder builder(region, target);
  for (std::size_t i = 1; i < region.nodes.size(); ++i) {
    builder.add(region.node(i), region.node(i - 1).outputs[0]);
  }
  return builder.finish();
}

}  // namespace banoff::onednn
