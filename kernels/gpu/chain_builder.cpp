#include "kernels/gpu/chain_builder.hpp"

#include <algorithm>

#include "runtime/graph/quantised.hpp"

namespace banoff::gpu {

Chain DescribedChain::uploaded(Uploads& uploads) const {
  Chain result = chain;
  for (const Values& read : values) result.step[read.step].*read.place = uploads.add(read.values);
  return result;
}

ChainBuilder::ChainBuilder(const Region& region)
    : region_(region), shape_(region.type(region.outputs[0]).shape), layout_(region.output_layouts[0]) {}

ChainStep& ChainBuilder::next(StepKind kind) {
  if (steps_.size() == Chain::most_steps) throw Refused{"more elementwise steps than a kernel takes"};
  ChainStep& step = steps_.emplace_back();
  step.kind = kind;
  return step;
}

void ChainBuilder::read(const float* ChainStep::*place, std::vector<float> values) {
  if (!values.empty()) values_.push_back({steps_.size() - 1, place, std::move(values)});
}

void ChainBuilder::set_axis(ChainStep& step, std::size_t axis) const {
  const auto order = memory_order(shape_.rank(), layout_);
  const auto at = std::ranges::find(order, axis);
  std::int64_t inner = 1;
  for (auto behind = at + 1; behind != order.end(); ++behind) inner *= shape_[*behind];
  step.inner = as_int(inner);
  step.channels = as_int(shape_[axis]);
}

void ChainBuilder::add_bias(const std::vector<float>& bias, std::size_t axis) {
  if (bias.empty()) return;
  ChainStep& step = next(StepKind::scale_shift);
  read(&ChainStep::b, bias);
  set_axis(step, axis);
}

void ChainBuilder::add_tail() {
  for (std::size_t i = 1; i < region_.nodes.size(); ++i) add(region_.node(i), region_.node(i - 1).outputs[0]);
}

void ChainBuilder::add(const Node& node, ValueId before) {
  if (region_.type(node.outputs[0]).shape != shape_) throw Refused{"the chain's shape changes by broadcasting"};
  if (const auto* activation = node.as<Activation>()) {
    ChainStep& step = next(StepKind::activation);
    step.function = activation->kind;
    step.alpha = static_cast<float>(activation->alpha);
    step.beta = static_cast<float>(activation->beta);
  } else if (const auto parts = scale_shift_of(region_, node)) {
    ChainStep& step = next(StepKind::scale_shift);
    read(&ChainStep::a, parts->scale);
    read(&ChainStep::b, parts->shift);
    set_axis(step, parts->axis);
  } else if (const auto* clamp = node.as<Clamp>()) {
    ChainStep& step = next(StepKind::clamp);
    read(&ChainStep::a, floats(region_, node, Slot::lower));
    read(&ChainStep::b, floats(region_, node, Slot::upper));
    set_axis(step, resolve_axis(clamp->axis, shape_.rank()));
  } else if (const auto kinks = kinks_of(region_, node)) {
    ChainStep& step = next(StepKind::kinked);
    read(&ChainStep::a, kinks->kink);
    read(&ChainStep::b, kinks->below);
    read(&ChainStep::c, kinks->above);
    set_axis(step, kinks->axis);
  } else if (const auto* grid = node.as<FakeQuantize>()) {
    const IntegerRange range = range_of(grid->type);
    ChainStep& step = next(StepKind::grid);
    step.alpha = static_cast<float>(range.least - grid->zero_point);
    step.beta = static_cast<float>(range.most - grid->zero_point);
    step.scale = static_cast<float>(grid->scale);
  } else if (const auto* binary = node.as<Binary>()) {
    const auto position = std::ranges::find(node.inputs, before) - node.inputs.begin();
    for (std::ptrdiff_t i = 0; i < std::ssize(node.inputs); ++i) {
      if (i != position) combine(binary->kind, node.inputs[static_cast<std::size_t>(i)], position > i);
    }
  } else if (node.as<Identity>() == nullptr) {
    throw Refused{"not an elementwise op: " + std::string(row_of(node.op).name)};
  }
}

void ChainBuilder::combine(BinaryKind kind, ValueId operand, bool swapped) {
  ChainStep& step = next(StepKind::combine);
  step.op = kind;
  step.swapped = swapped;
  set_operand(step, operand);
}

void ChainBuilder::start_with(ValueId value) { set_operand(next(StepKind::start), value); }

void ChainBuilder::set_operand(ChainStep& step, ValueId value) {
  const std::size_t input = input_of(region_, value);
  const Layout layout = region_.input_layouts[input];
  const Shape& given = region_.type(value).shape;
  step.input = static_cast<int>(input);
  if (given == shape_ && same_bytes(shape_, layout, layout_)) {
    step.full = true;
    full_operands_.push_back(step.input);
    return;
  }
  const auto own = strides_of(given, layout);
  const std::size_t missing = shape_.rank() - given.rank();
  std::vector<std::int64_t> strides;
  for (const std::size_t axis : memory_order(shape_.rank(), layout_)) {
    const bool repeated = axis < missing || given[axis - missing] == 1;
    strides.push_back(repeated ? 0 : own[axis - missing]);
  }
  strides_.emplace_back(steps_.size() - 1, std::move(strides));
}

DescribedChain ChainBuilder::finish() {
  // Neighbouring dimensions along which every broadcast operand runs on become one.
  struct Dim {
    std::int64_t extent;
    std::vector<std::int64_t> strides;
  };
  std::vector<Dim> dims;
  const auto order = memory_order(shape_.rank(), layout_);
  for (std::size_t d = 0; d < order.size(); ++d) {
    Dim dim{shape_[order[d]], {}};
    if (dim.extent == 1) continue;
    for (const auto& [step, strides] : strides_) dim.strides.push_back(strides[d]);
    bool merges = !dims.empty();
    for (std::size_t k = 0; merges && k < strides_.size(); ++k)
      merges = dims.back().strides[k] == dim.strides[k] * dim.extent;
    if (merges) dim.extent *= dims.back().extent, dims.pop_back();
    dims.push_back(std::move(dim));
  }
  constexpr std::size_t most = ChainStep::most_extents;
  if (dims.size() > most) throw Refused{"operands broadcast in too many ways"};
  Chain chain;
  chain.count = static_cast<int>(steps_.size());
  std::ranges::copy(steps_, chain.step);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const std::size_t at = most - dims.size() + d;
    chain.extent[at] = as_int(dims[d].extent);
    for (std::size_t k = 0; k < strides_.size(); ++k)
      chain.step[strides_[k].first].stride[at] = as_int(dims[d].strides[k]);
  }
  return {chain, std::move(values_), std::move(full_operands_)};
}

Chain bound(Chain chain, const KernelArgs& args) {
  for (int i = 0; i < chain.count; ++i) {
    ChainStep& step = chain.step[i];
    if (step.kind == StepKind::combine || step.kind == StepKind::start)
      step.operand = args.inputs[static_cast<std::size_t>(step.input)];
  }
  return chain;
}

}  // namespace banoff::gpu
