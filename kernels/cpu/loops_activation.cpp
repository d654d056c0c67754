// Activations as loops a compiler vectorises: no calls, both sides of every choice computed.
#include <bit>
#include <limits>

#include "kernels/cpu/loops.hpp"
#include "kernels/cpu/vector_math.hpp"

namespace banoff::cpu::loops {

namespace {
template <class F>
void map(const float* x, float* y, std::int64_t count, F f) {
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) y[i] = f(x[i]);
}
}  // namespace

void activate(const Activation& f, const float* x, float* y, std::int64_t count) {
  const auto alpha = static_cast<float>(f.alpha);
  const auto beta = static_cast<float>(f.beta);
  switch (f.kind) {
    case ActivationKind::relu: return map(x, y, count, [](float v) { return v < 0 ? 0.0F : v; });
    case ActivationKind::clip: return map(x, y, count, [=](float v) { return clamp(v, alpha, beta); });
    case ActivationKind::leaky_relu: return map(x, y, count, [=](float v) { return v > 0 ? v : alpha * v; });
    case ActivationKind::elu: return map(x, y, count, [=](float v) { return v > 0 ? v : alpha * exp_minus_1(v); });
    case ActivationKind::sigmoid: return map(x, y, count, [](float v) { return sigmoid(v); });
    case ActivationKind::hard_sigmoid:
      return map(x, y, count, [=](float v) { return clamp(alpha * v + beta, 0.0F, 1.0F); });
    case ActivationKind::tanh: return map(x, y, count, [](float v) { return hyperbolic_tangent(v); });
    case ActivationKind::silu: return map(x, y, count, [](float v) { return v * sigmoid(v); });
    case ActivationKind::hard_swish:
      return map(x, y, count, [](float v) { return v * clamp(v + 3.0F, 0.0F, 6.0F) * (1.0F / 6.0F); });
    case ActivationKind::gelu:
      return map(x, y, count, [](float v) { return 0.5F * v * (1.0F + error_function(v * 0.70710678F)); });
    case ActivationKind::gelu_tanh:
      // 1/2 (1 + tanh u) = sigmoid(2u)
      return map(x, y, count, [](float v) { return v * sigmoid(1.5957691F * (v + 0.044715F * v * v * v)); });
    case ActivationKind::mish:
      // tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2) with e = e^x
      return map(x, y, count, [](float v) {
        const float e = exponential(v < 20.0F ? v : 20.0F);
        const float t = e * (e + 2.0F);
        return v * (t / (t + 2.0F));
      });
    case ActivationKind::softplus:
      return map(x, y, count, [](float v) {
        const float e = exponential(v > 0 ? -v : v);
        return (v > 0 ? v : 0.0F) + log_1_plus(e);
      });
    case ActivationKind::linear: return map(x, y, count, [=](float v) { return alpha * v + beta; });
  }
}

}  // namespace banoff::cpu::loops
