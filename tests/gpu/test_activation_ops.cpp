// Activations as cuDNN's pointwise operations, computed by what those operations mean.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "kernels/cuda/activation_ops.hpp"
#include "runtime/graph/activations.hpp"

using namespace banoff;

namespace {

double parameter(const cuda::PointwiseOp& op, cudnnBackendAttributeName_t name, double otherwise) {
  for (const auto& [given, value] : op.parameters)
    if (given == name) return value;
  return otherwise;
}

double applied(const cuda::PointwiseOp& op, double x, double second) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (op.mode) {
    case CUDNN_POINTWISE_ADD: return x + second;
    case CUDNN_POINTWISE_MUL: return x * second;
    case CUDNN_POINTWISE_RELU_FWD: {
      const double low = parameter(op, CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 0);
      const double high = parameter(op, CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, infinity);
      const double slope = parameter(op, CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0);
      return x > low ? std::min(x, high) : low + slope * (x - low);
    }
    case CUDNN_POINTWISE_ELU_FWD: return x > 0 ? x : parameter(op, CUDNN_ATTR_POINTWISE_ELU_ALPHA, 1) * std::expm1(x);
    case CUDNN_POINTWISE_SIGMOID_FWD: return 1 / (1 + std::exp(-x));
    case CUDNN_POINTWISE_TANH_FWD: return std::tanh(x);
    case CUDNN_POINTWISE_SWISH_FWD: return x / (1 + std::exp(-parameter(op, CUDNN_ATTR_POINTWISE_SWISH_BETA, 1) * x));
    case CUDNN_POINTWISE_GELU_FWD: return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case CUDNN_POINTWISE_GELU_APPROX_TANH_FWD:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)));
    case CUDNN_POINTWISE_SOFTPLUS_FWD: return std::log1p(std::exp(x));
    default: FAIL("an operation that no activation needs");
  }
  return x;
}

double computed(const Activation& activation, double x) {
  double y = x;
  for (const cuda::PointwiseOp& op : cuda::pointwise_ops(activation))
    y = applied(op, y, op.constant ? static_cast<double>(*op.constant) : x);
  return y;
}

}  // namespace

TEST_CASE("every activation is the pointwise operations that it is made of") {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const std::vector<Activation> all{{ActivationKind::relu},
                                    {ActivationKind::clip, -0.5, 6},
                                    {ActivationKind::clip, -infinity, 2},
                                    {ActivationKind::clip, 1, infinity},
                                    {ActivationKind::leaky_relu, 0.1},
                                    {ActivationKind::elu, 0.7},
                                    {ActivationKind::sigmoid},
                                    {ActivationKind::hard_sigmoid, 0.2, 0.5},
                                    {ActivationKind::tanh},
                                    {ActivationKind::silu},
                                    {ActivationKind::hard_swish},
                                    {ActivationKind::gelu},
                                    {ActivationKind::gelu_tanh},
                                    {ActivationKind::mish},
                                    {ActivationKind::softplus},
                                    {ActivationKind::linear, -0.3, 0.8}};
  for (const Activation& activation : all) {
    CAPTURE(static_cast<int>(activation.kind));
    CHECK_FALSE(cuda::pointwise_ops(activation).empty());
    for (const cuda::PointwiseOp& op : cuda::pointwise_ops(activation))
      for (const auto& entry : op.parameters) CHECK(std::isfinite(static_cast<float>(entry.second)));
    for (double x = -9; x <= 9; x += 0.25) {
      CAPTURE(x);
      CHECK(computed(activation, x) == doctest::Approx(activate(activation, x)).epsilon(1e-6));
    }
  }
}
