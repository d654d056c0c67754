// Elementwise steps on a value that a kernel holds in a register: what follows a convolution, or a pass of its own.
#pragma once

#include "kernels/gpu/portable.hpp"

namespace banoff::gpu {

enum class StepKind : std::uint8_t {
  activation,   ///< function, alpha, beta
  scale_shift,  ///< a x + b per channel; one of them may be null
  clamp,        ///< min(max(x, a), b) per channel; one of them may be null
  kinked,       ///< a + (x - a) * (x < a ? b : c) per channel
  grid,         ///< the nearest of the numbers scale * alpha, scale * (alpha + 1), … scale * beta
  combine,      ///< x op operand, or operand op x
  start,        ///< the operand: what a chain without a first value begins with
};

struct ChainStep {
  static constexpr int most_extents = 4;

  StepKind kind = StepKind::activation;
  ActivationKind function = ActivationKind::relu;
  BinaryKind op = BinaryKind::add;
  bool swapped = false;
  bool full = false;  ///< the operand has the result's shape and layout
  int input = 0;      ///< region input that the operand is: where `operand` comes from
  float alpha = 0, beta = 0, scale = 1;
  const float *a = nullptr, *b = nullptr, *c = nullptr;
  int inner = 1, channels = 1;  ///< element i has channel i / inner % channels
  const void* operand = nullptr;
  int stride[most_extents] = {};  ///< of the operand along the chain's extents
};

struct Chain {
  static constexpr int most_steps = 8;

  int count = 0;
  int extent[ChainStep::most_extents] = {1, 1, 1, 1};  ///< the result's memory, outermost first
  ChainStep step[most_steps] = {};
};

/// The functions of runtime/graph/activations.hpp.
BANOFF_HD inline float activated(ActivationKind kind, float x, float alpha, float beta) {
  switch (kind) {
    case ActivationKind::relu: return x < 0 ? 0.0F : x;
    case ActivationKind::clip: return least(most(x, alpha), beta);
    case ActivationKind::leaky_relu: return x > 0 ? x : alpha * x;
    case ActivationKind::elu: return x > 0 ? x : alpha * expm1f(x);
    case ActivationKind::sigmoid: return 1 / (1 + expf(-x));
    case ActivationKind::hard_sigmoid: return least(most(alpha * x + beta, 0.0F), 1.0F);
    case ActivationKind::tanh: return tanhf(x);
    case ActivationKind::silu: return x / (1 + expf(-x));
    case ActivationKind::hard_swish: return x * least(most(x + 3, 0.0F), 6.0F) / 6;
    case ActivationKind::gelu: return 0.5F * x * (1 + erff(x * 0.70710678F));
    case ActivationKind::gelu_tanh: return 0.5F * x * (1 + tanhf(0.79788456F * (x + 0.044715F * x * x * x)));
    case ActivationKind::mish: return x * tanhf(most(x, 0.0F) + log1pf(expf(-fabsf(x))));
    case ActivationKind::softplus: return most(x, 0.0F) + log1pf(expf(-fabsf(x)));
    case ActivationKind::linear: return alpha * x + beta;
  }
  return x;
}

/// Halves go to the even neighbour, a NaN to 0: what FakeQuantize computes, its zero point taken off both ends.
BANOFF_HD inline float on_grid(const ChainStep& step, float x) {
  const float steps = rintf(x / step.scale);
  return steps == steps ? least(most(steps, step.alpha), step.beta) * step.scale : 0.0F;
}

BANOFF_HD inline float combined(const ChainStep& step, float x, float y) {
  switch (step.op) {
    case BinaryKind::add: return x + y;
    case BinaryKind::sub: return step.swapped ? y - x : x - y;
    case BinaryKind::mul: return x * y;
    case BinaryKind::div: return step.swapped ? y / x : x / y;
  }
  return x;
}

/// The values by channel of elements i … i + V - 1: one load where they lie side by side, in whole packs.
template <int V>
BANOFF_HD inline void load_channels(const ChainStep& step, const float* values, int i, float (&to)[V]) {
  if (step.inner == 1 && step.channels % V == 0) {
    load(values, i % step.channels, to);
    return;
  }
  for (int v = 0; v < V; ++v) to[v] = values[(i + v) / step.inner % step.channels];
}

/// Steps with values by channel.
template <int V>
BANOFF_HD inline void by_channel(const ChainStep& step, int i, float (&x)[V]) {
  float a[V], b[V];
  if (step.kind == StepKind::kinked) {
    float c[V];
    load_channels(step, step.a, i, a);
    load_channels(step, step.b, i, b);
    load_channels(step, step.c, i, c);
    for (int v = 0; v < V; ++v) x[v] = a[v] + (x[v] - a[v]) * (x[v] < a[v] ? b[v] : c[v]);
    return;
  }
  const bool scales = step.kind == StepKind::scale_shift;
  if (step.a != nullptr) {
    load_channels(step, step.a, i, a);
    for (int v = 0; v < V; ++v) x[v] = scales ? a[v] * x[v] : x[v] > a[v] ? x[v] : a[v];
  }
  if (step.b != nullptr) {
    load_channels(step, step.b, i, b);
    for (int v = 0; v < V; ++v) x[v] = scales ? x[v] + b[v] : x[v] < b[v] ? x[v] : b[v];  // a NaN becomes a bound
  }
}

/// Where the operand of a broadcast step has its element for element i of the result.
BANOFF_HD inline int operand_at(const Chain& chain, const ChainStep& step, int i) {
  int at = 0;
  for (int d = ChainStep::most_extents - 1; d >= 0; --d) {
    at += i % chain.extent[d] * step.stride[d];
    i /= chain.extent[d];
  }
  return at;
}

/// Elements i … i + V - 1 of the result; with V > 1, i is a multiple of V.
template <class T, int V>
BANOFF_HD inline void apply(const Chain& chain, int i, float (&x)[V]) {
  for (int s = 0; s < chain.count; ++s) {
    const ChainStep& step = chain.step[s];
    if (step.kind == StepKind::activation) {
      for (int v = 0; v < V; ++v) x[v] = activated(step.function, x[v], step.alpha, step.beta);
    } else if (step.kind == StepKind::grid) {
      for (int v = 0; v < V; ++v) x[v] = on_grid(step, x[v]);
    } else if (step.kind != StepKind::combine && step.kind != StepKind::start) {
      by_channel(step, i, x);
    } else {
      const auto* operand = static_cast<const T*>(step.operand);
      float y[V];
      if (step.full) load(operand, i, y);
      else
        for (int v = 0; v < V; ++v) y[v] = load(operand, operand_at(chain, step, i + v));
      for (int v = 0; v < V; ++v) x[v] = step.kind == StepKind::start ? y[v] : combined(step, x[v], y[v]);
    }
  }
}

}  // namespace banoff::gpu
