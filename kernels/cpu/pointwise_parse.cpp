// From nodes to pointwise steps: strides of broadcast operands, padding of per-channel values, merging of clamps.
#include <algorithm>

#include "kernels/cpu/pointwise.hpp"

namespace banoff::cpu {

namespace {

loops::Combine combination(BinaryKind kind, bool swapped) {
  switch (kind) {
    case BinaryKind::add: return loops::Combine::add;
    case BinaryKind::mul: return loops::Combine::multiply;
    case BinaryKind::sub: return swapped ? loops::Combine::subtract_from : loops::Combine::subtract;
    case BinaryKind::div: return swapped ? loops::Combine::divide_into : loops::Combine::divide;
  }
  return loops::Combine::add;
}

class Parser {
 public:
  explicit Parser(const Region& region)
      : region_(region), shape_(region.type(region.outputs[0]).shape), layout_(region.output_layouts[0]) {
    chain_.view = blocks_of(shape_, layout_);
    // One pixel per channel: the channels themselves are the contiguous direction.
    if (chain_.view.spatial == 1 && layout_ == Layout::plain) chain_.view = blocks_of(shape_, Layout::channels_last);
  }

  PointwiseChain parse() {
    for (std::size_t i = 0; i < region_.nodes.size(); ++i) add(region_.node(i), i == 0);
    return finish();
  }

  PointwiseChain parse_behind(std::vector<float> bias) {
    if (!bias.empty()) {
      use_axis(1);
      const std::vector<float> ones(bias.size(), 1.0F);
      chain_.steps.push_back({ScaleStep{padded(ones), padded(std::move(bias))}});
    }
    last_ = region_.node(0).outputs[0];
    for (std::size_t i = 1; i < region_.nodes.size(); ++i) add(region_.node(i), false);
    return finish();
  }

 private:
  PointwiseChain finish() {
    chain_.stored = blocks_of(shape_, layout_);
    if (flat_) chain_.view = {1, 1, chain_.view.elements(), 1, 1};
    if (flat_)
      for (PointwiseStep& step : chain_.steps) flatten(step);
    return std::move(chain_);
  }

  void add(const Node& current, bool first) {
    if (region_.type(current.outputs[0]).shape != shape_) throw Refused{"the chain's shape changes by broadcasting"};
    if (const auto* activation = current.as<Activation>()) {
      if (first) start_from(current.inputs[0]);
      add_activation(*activation);
    } else if (auto parts = scale_shift_of(region_, current)) {
      if (first) start_from(current.inputs[0]);
      use_axis(parts->axis);
      chain_.steps.push_back({ScaleStep{padded(parts->scale), padded(parts->shift)}});
    } else if (const auto* clamp = current.as<Clamp>()) {
      if (first) start_from(current.inputs[0]);
      use_axis(resolve_axis(clamp->axis, shape_.rank()));
      const auto bounds = [&](Slot slot) { return padded(floats(region_, current, slot)); };
      chain_.steps.push_back({BoundStep{bounds(Slot::lower), bounds(Slot::upper)}});
    } else if (auto kinks = kinks_of(region_, current)) {
      if (first) start_from(current.inputs[0]);
      use_axis(kinks->axis);
      for (auto* values : {&kinks->kink, &kinks->below, &kinks->above}) *values = padded(std::move(*values));
      chain_.steps.push_back({KinkStep{std::move(*kinks)}});
    } else if (const auto* binary = current.as<Binary>()) {
      add_binary(*binary, current, first);
    } else if (current.as<Identity>() != nullptr && !first) {
      return;
    } else {
      throw Refused{"not an elementwise op: " + std::string(row_of(current.op).name)};
    }
    last_ = current.outputs[0];
  }

  void start_from(ValueId value) {
    chain_.source = input_of(region_, value);
    if (!same_bytes(shape_, region_.input_layouts[chain_.source], layout_))
      throw Refused{"input and output layouts differ"};
  }

  void add_activation(const Activation& activation) {
    const bool relu = activation.kind == ActivationKind::relu;
    if ((relu || activation.kind == ActivationKind::clip) && !chain_.steps.empty()) {
      PointwiseStep& before = chain_.steps.back();
      const bool takes_clamp =
          std::holds_alternative<ScaleStep>(before.what) || std::holds_alternative<CombineStep>(before.what);
      if (takes_clamp && before.clamp.low == no_clamp.low && before.clamp.high == no_clamp.high) {
        before.clamp = relu ? loops::Range{0.0F, no_clamp.high}
                            : loops::Range{static_cast<float>(activation.alpha), static_cast<float>(activation.beta)};
        return;
      }
    }
    chain_.steps.push_back({activation});
  }

  void add_binary(const Binary& binary, const Node& current, bool first) {
    std::size_t position = 0;  // of the operand that is the chain's value so far
    if (first) {
      const auto whole = std::ranges::find_if(current.inputs, [&](ValueId v) {
        return region_.type(v).shape == shape_ &&
               same_bytes(shape_, region_.input_layouts[input_of(region_, v)], layout_);
      });
      if (whole == current.inputs.end()) throw Refused{"no operand has the shape and layout of the result"};
      position = static_cast<std::size_t>(whole - current.inputs.begin());
      start_from(*whole);
    } else {
      position = static_cast<std::size_t>(std::ranges::find(current.inputs, last_) - current.inputs.begin());
    }
    for (std::size_t i = 0; i < current.inputs.size(); ++i) {
      if (i != position) chain_.steps.push_back({operand(current.inputs[i], combination(binary.kind, position > i))});
    }
  }

  CombineStep operand(ValueId value, loops::Combine op) {
    CombineStep step{op, input_of(region_, value)};
    const Layout layout = region_.input_layouts[step.input];
    const Shape& given = region_.type(value).shape;
    const Blocks& view = chain_.view;
    if (given == shape_) {
      if (!same_bytes(shape_, layout, layout_)) throw Refused{"an operand has another layout"};
      step.full = true;
      step.lane_stride = 1, step.row_stride = view.lanes;
      step.block_stride = view.spatial * view.lanes, step.n_stride = view.blocks * step.block_stride;
      return step;
    }
    if (given.elements() == 1) return step;
    flat_ = false;
    if (shape_.rank() < 2) throw Refused{"broadcast of a vector"};
    Shape aligned;
    for (std::size_t i = 0; i < shape_.rank(); ++i) {
      const std::size_t missing = shape_.rank() - given.rank();
      aligned.push_back(i < missing ? 1 : given[i - missing]);
    }
    if (aligned.rank() != given.rank() && layout != Layout::plain)
      throw Refused{"a broadcast operand of lower rank in " + std::string(name_of(layout))};
    const Blocks own = blocks_of(aligned, layout);
    const bool same_spatial = std::equal(aligned.begin() + 2, aligned.end(), shape_.begin() + 2);
    if (!same_spatial && own.spatial != 1) throw Refused{"operand " + given.str() + " broadcast to " + shape_.str()};
    const bool channels = own.channels == view.channels;  // else 1
    if (own.spatial == 1 && channels) {
      if (own.padded_channels() < view.padded_channels())
        throw Refused{"a broadcast operand lacks the padding of its blocks"};
      step.block_stride = view.lanes, step.lane_stride = view.lanes > 1 ? 1 : 0;
    } else if (channels) {
      if (own.lanes != view.lanes) throw Refused{"an operand has another layout"};
      step.lane_stride = 1, step.row_stride = view.lanes, step.block_stride = view.spatial * view.lanes;
    } else if (own.spatial != 1) {
      step.row_stride = own.lanes;
    }
    if (own.n != 1) step.n_stride = own.blocks * own.spatial * own.lanes;
    return step;
  }

  /// Chooses the view in which `axis` is the channels.
  void use_axis(std::size_t axis) {
    flat_ = false;
    if (axis == axis_) return;
    if (layout_ != Layout::plain || !chain_.steps.empty()) throw Refused{"an axis other than the channels"};
    axis_ = axis;
    const auto n = shape_.elements(0, axis);
    const auto inner = shape_.elements(axis + 1, shape_.rank());
    chain_.view =
        inner == 1 ? Blocks{n, 1, 1, shape_[axis], shape_[axis]} : Blocks{n, shape_[axis], inner, 1, shape_[axis]};
  }

  [[nodiscard]] std::vector<float> padded(std::vector<float> values) const {
    if (!values.empty()) values.resize(static_cast<std::size_t>(chain_.view.padded_channels()), 0.0F);
    return values;
  }

  static void flatten(PointwiseStep& step) {
    if (auto* combine = std::get_if<CombineStep>(&step.what)) {
      combine->n_stride = combine->block_stride = combine->lane_stride = 0;
      combine->row_stride = combine->full ? 1 : 0;
    }
  }

  const Region& region_;
  const Shape shape_;
  const Layout layout_;
  PointwiseChain chain_;
  ValueId last_ = none;
  std::size_t axis_ = 1;
  bool flat_ = true;
};

}  // namespace

PointwiseChain parse_pointwise(const Region& region) {
  require_float_chain(region);
  return Parser(region).parse();
}

PointwiseChain parse_pass_behind(const Region& region, std::vector<float> bias) {
  require_float_chain(region);
  return Parser(region).parse_behind(std::move(bias));
}

}  // namespace banoff::cpu
