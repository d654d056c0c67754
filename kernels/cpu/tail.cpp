#include "kernels/cpu/tail.hpp"

#include <algorithm>
#include <limits>

#include "runtime/graph/axes.hpp"

namespace banoff::cpu {

using simd::TailKind;
using simd::TailStep;

TailPlan::TailPlan(const Region& region, std::size_t axis, std::int64_t copies) : copies_(copies) {
  for (std::size_t i = 1; i < region.nodes.size(); ++i)
    add(region, region.node(i), region.node(i - 1).outputs[0], axis);
  if (steps_.size() > most_steps) throw Refused{"more steps behind it than an own kernel takes"};
}

void TailPlan::push(TailKind kind, std::initializer_list<std::vector<float>> values) {
  TailStep step{kind};
  const float** const places[] = {&step.a, &step.b, &step.c};
  std::size_t place = 0;
  for (const auto& of_channels : values) {
    values_.push_back(by_channel(of_channels, copies_));
    *places[place++] = values_.back().data();
  }
  steps_.push_back(step);
}

void TailPlan::add_activation(const Activation& activation) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const auto alpha = static_cast<float>(activation.alpha);
  const auto beta = static_cast<float>(activation.beta);
  const auto step = [&](TailKind kind, float low = 0, float high = 0) {
    steps_.push_back({kind, nullptr, nullptr, nullptr, low, high});
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

void TailPlan::add(const Region& region, const Node& node, ValueId previous, std::size_t axis) {
  const auto require_channels = [&](std::size_t of) {
    if (of != axis) throw Refused{"values along another axis"};
  };
  if (const auto* activation = node.as<Activation>()) {
    add_activation(*activation);
  } else if (auto scaled = scale_shift_of(region, node)) {
    require_channels(scaled->axis);
    push(TailKind::scale_shift, {scaled->scale, scaled->shift});
  } else if (const auto* clamp = node.as<Clamp>()) {
    const Shape& shape = region.type(previous).shape;
    require_channels(resolve_axis(clamp->axis, shape.rank()));
    const auto bounds = [&](bool given, Slot slot, float missing) {
      return given ? floats(region, node, slot) : std::vector<float>(static_cast<std::size_t>(shape[axis]), missing);
    };
    constexpr float infinity = std::numeric_limits<float>::infinity();
    push(TailKind::bounds, {bounds(clamp->lower, Slot::lower, -infinity), bounds(clamp->upper, Slot::upper, infinity)});
  } else if (const auto kinks = kinks_of(region, node)) {
    require_channels(kinks->axis);
    push(TailKind::kinked, {kinks->kink, kinks->below, kinks->above});
  } else if (const auto* binary = node.as<Binary>(); binary != nullptr && binary->kind == BinaryKind::add) {
    const Shape& shape = region.type(node.outputs[0]).shape;
    for (const ValueId operand : node.inputs) {
      if (operand == previous) continue;
      const std::size_t input = input_of(region, operand);
      if (region.type(operand).shape != shape ||
          !same_bytes(shape, region.input_layouts[input], region.output_layouts[0]))
        throw Refused{"an operand that lies otherwise than the result"};
      steps_.push_back({TailKind::add});
      inputs_.push_back(input);
    }
  } else {
    throw Refused{std::string(row_of(node.op).name) + " behind an own kernel"};
  }
}

double TailPlan::us(std::int64_t elements, const Machine& machine) const {
  double ns = 0;  // of an element
  for (const TailStep& step : steps_) {
    switch (step.kind) {
      case TailKind::sigmoid:
      case TailKind::silu: ns += 0.35; break;
      case TailKind::add: ns += 0.07; break;  // reading the operand
      default: ns += 0.02;
    }
  }
  return 1e-3 * ns * static_cast<double>(elements) / machine.threads;
}

simd::Tail TailPlan::bind(const KernelArgs& args, Steps& steps) const {
  std::ranges::copy(steps_, steps.begin());
  auto input = inputs_.begin();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (steps[i].kind == TailKind::add) steps[i].a = reinterpret_cast<const float*>(args.inputs[*input++]);
  }
  return {steps.data(), static_cast<int>(steps_.size())};
}

}  // namespace banoff::cpu
