#include "kernels/cpu/tail.hpp"

#include <algorithm>
#include <limits>

#include "kernels/cpu/pass_cost.hpp"
#include "runtime/graph/axes.hpp"

namespace banoff::cpu {

using simd::TailKind;
using simd::TailStep;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

TailStep step_of(const Activation& activation) {
  const auto alpha = static_cast<float>(activation.alpha);
  const auto beta = static_cast<float>(activation.beta);
  const auto step = [](TailKind kind, float low = 0, float high = 0) {
    return TailStep{.kind = kind, .low = low, .high = high};
  };
  switch (activation.kind) {
    case ActivationKind::relu: return step(TailKind::clip, 0, infinity);
    case ActivationKind::clip: return step(TailKind::clip, alpha, beta);
    case ActivationKind::leaky_relu: return step(TailKind::leaky_relu, alpha);
    case ActivationKind::hard_sigmoid: return step(TailKind::hard_sigmoid, alpha, beta);
    case ActivationKind::hard_swish: return step(TailKind::hard_swish);
    case ActivationKind::sigmoid: return step(TailKind::sigmoid);
    case ActivationKind::silu: return step(TailKind::silu);
    default: throw Refused{"an own kernel has no such activation behind it"};
  }
}

/// What a node with values by channel is, or none.
std::optional<TailKind> kind_by_channel(const Node& node) {
  if (node.as<BatchNorm>() || node.as<Affine>()) return TailKind::scale_shift;
  if (node.as<Clamp>()) return TailKind::bounds;
  if (node.as<Kinked>() || node.as<PRelu>()) return TailKind::kinked;
  return std::nullopt;
}

/// The axis of its values; PReLUs and batch norms always have them along the channels.
std::size_t axis_of(const Node& node, const Shape& shape) {
  if (const auto* affine = node.as<Affine>()) return resolve_axis(affine->axis, shape.rank());
  if (const auto* clamp = node.as<Clamp>()) return resolve_axis(clamp->axis, shape.rank());
  if (const auto* kinked = node.as<Kinked>()) return resolve_axis(kinked->axis, shape.rank());
  return 1;
}

/// The values by channel of a step: a, b and c, as many as its kind has.
std::vector<std::vector<float>> values_of(const Region& region, const Node& node, std::size_t axis) {
  if (auto scaled = scale_shift_of(region, node)) return {std::move(scaled->scale), std::move(scaled->shift)};
  if (auto kinks = kinks_of(region, node))
    return {std::move(kinks->kink), std::move(kinks->below), std::move(kinks->above)};
  const auto* clamp = node.as<Clamp>();
  if (clamp == nullptr) return {};
  const auto channels = static_cast<std::size_t>(region.type(node.outputs[0]).shape[axis]);
  const auto bounds = [&](bool given, Slot slot, float missing) {
    return given ? floats(region, node, slot) : std::vector<float>(channels, missing);
  };
  return {bounds(clamp->lower, Slot::lower, -infinity), bounds(clamp->upper, Slot::upper, infinity)};
}

}  // namespace

TailOutline::TailOutline(const Region& region, std::size_t axis, TailOf result) : result_(result) {
  add_from(1, region, axis, region.node(0).outputs[0]);
}

TailOutline::TailOutline(const Region& region, std::size_t axis, TailOf result, ValueId source) : result_(result) {
  add_from(0, region, axis, source);
}

void TailOutline::add_from(std::size_t first, const Region& region, std::size_t axis, ValueId source) {
  for (std::size_t i = first; i < region.nodes.size(); ++i) {
    add(region, i, axis, source);
    source = region.node(i).outputs[0];
  }
  if (steps_.size() > most_steps) throw Refused{"more steps behind it than an own kernel takes"};
}

void TailOutline::add(const Region& region, std::size_t index, std::size_t axis, ValueId previous) {
  const Node& node = region.node(index);
  if (const auto* activation = node.as<Activation>()) {
    TailStep step = step_of(*activation);
    if (result_ == TailOf::halves && step.kind == TailKind::sigmoid) step.kind = TailKind::coarse_sigmoid;
    if (result_ == TailOf::halves && step.kind == TailKind::silu) step.kind = TailKind::coarse_silu;
    steps_.push_back({step, index});
  } else if (const auto kind = kind_by_channel(node)) {
    if (axis_of(node, region.type(node.inputs[0]).shape) != axis) throw Refused{"values along another axis"};
    steps_.push_back({{.kind = *kind}, index});
  } else if (const auto* binary = node.as<Binary>(); binary != nullptr && binary->kind == BinaryKind::add) {
    add_operands(region, index, previous);
  } else {
    throw Refused{std::string(row_of(node.op).name) + " behind an own kernel"};
  }
}

void TailOutline::add_operands(const Region& region, std::size_t index, ValueId previous) {
  const Node& node = region.node(index);
  const Shape& shape = region.type(node.outputs[0]).shape;
  for (const ValueId operand : node.inputs) {
    if (operand == previous) continue;
    const std::size_t input = input_of(region, operand);
    if (region.type(operand).shape != shape ||
        !same_bytes(shape, region.input_layouts[input], region.output_layouts[0]))
      throw Refused{"an operand that lies otherwise than the result"};
    const bool halves = result_ == TailOf::halves && region.type(operand).stored;
    steps_.push_back({{.kind = halves ? TailKind::add_halves : TailKind::add}, index});
    operands_.push_back(input);
  }
}

double TailOutline::us(std::int64_t elements, const Machine& machine) const {
  double ns = 0;  // of an element
  for (const Step& each : steps_) {
    switch (each.step.kind) {
      case TailKind::sigmoid:
      case TailKind::silu: ns += 0.35; break;
      case TailKind::coarse_sigmoid:
      case TailKind::coarse_silu: ns += lanes_of(machine.isa) > 8 ? 0.2 : 0.3; break;
      case TailKind::add_halves: ns += 0.05; break;
      case TailKind::add:  // reading the operand
        ns += 0.07 + waiting_ns(4.0 * static_cast<double>(elements), lanes_of(machine.isa) > 8, true);
        break;
      case TailKind::scale:
      case TailKind::scale_shift:
      case TailKind::bounds:
      case TailKind::kinked: ns += 0.13; break;  // as much as a pass within the caches
      default: ns += 0.02;
    }
  }
  return 1e-3 * ns * static_cast<double>(elements) / machine.threads;
}

TailPlan::TailPlan(const Region& region, std::size_t axis, std::int64_t copies)
    : TailPlan(region, axis, TailOutline(region, axis), copies) {}

TailPlan::TailPlan(const Region& region, std::size_t axis, const TailOutline& outline, std::int64_t copies) {
  operands_ = outline.operands();
  for (const auto& [described, node] : outline.steps()) {
    TailStep& step = steps_.emplace_back(described);
    const float** const places[] = {&step.a, &step.b, &step.c};
    std::size_t place = 0;
    for (const std::vector<float>& values : values_of(region, region.node(node), axis)) {
      values_.push_back(by_channel(values, copies));
      *places[place++] = values_.back().data();
    }
  }
}

simd::Tail TailPlan::bind(const KernelArgs& args, Steps& steps) const {
  std::ranges::copy(steps_, steps.begin());
  auto operand = operands_.begin();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps[i].kind == TailKind::add) steps[i].a = reinterpret_cast<const float*>(args.inputs[*operand++]);
    if (steps[i].kind == TailKind::add_halves)
      steps[i].halves = reinterpret_cast<const simd::HalfFloat*>(args.inputs[*operand++]);
  }
  return {steps.data(), static_cast<int>(steps_.size())};
}

}  // namespace banoff::cpu
