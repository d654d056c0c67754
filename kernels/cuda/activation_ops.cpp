#include "kernels/cuda/activation_ops.hpp"

#include <algorithm>
#include <limits>

namespace banoff::cuda {

namespace {

/// min(max(x, low), high). cuDNN takes the bounds as floats, where an infinity is none of them.
PointwiseOp clip(double low, double high) {
  constexpr double most = std::numeric_limits<float>::max();
  return {CUDNN_POINTWISE_RELU_FWD,
          {{CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, std::clamp(low, -most, most)},
           {CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, std::clamp(high, -most, most)}}};
}

PointwiseOp with(cudnnPointwiseMode_t mode, double constant) { return {mode, {}, static_cast<float>(constant)}; }

PointwiseOp times_first() { return {CUDNN_POINTWISE_MUL, {}, std::nullopt, true}; }

}  // namespace

std::vector<PointwiseOp> pointwise_ops(const Activation& op) {
  switch (op.kind) {
    case ActivationKind::relu: return {{CUDNN_POINTWISE_RELU_FWD}};
    case ActivationKind::clip: return {clip(op.alpha, op.beta)};
    case ActivationKind::leaky_relu:
      return {{CUDNN_POINTWISE_RELU_FWD, {{CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, op.alpha}}}};
    case ActivationKind::elu: return {{CUDNN_POINTWISE_ELU_FWD, {{CUDNN_ATTR_POINTWISE_ELU_ALPHA, op.alpha}}}};
    case ActivationKind::sigmoid: return {{CUDNN_POINTWISE_SIGMOID_FWD}};
    case ActivationKind::hard_sigmoid:
      return {with(CUDNN_POINTWISE_MUL, op.alpha), with(CUDNN_POINTWISE_ADD, op.beta), clip(0, 1)};
    case ActivationKind::tanh: return {{CUDNN_POINTWISE_TANH_FWD}};
    case ActivationKind::silu: return {{CUDNN_POINTWISE_SWISH_FWD, {{CUDNN_ATTR_POINTWISE_SWISH_BETA, 1.0}}}};
    case ActivationKind::hard_swish:
      return {with(CUDNN_POINTWISE_ADD, 3), clip(0, 6), with(CUDNN_POINTWISE_MUL, 1.0 / 6), times_first()};
    case ActivationKind::gelu: return {{CUDNN_POINTWISE_GELU_FWD}};
    case ActivationKind::gelu_tanh: return {{CUDNN_POINTWISE_GELU_APPROX_TANH_FWD}};
    case ActivationKind::mish:
      return {{CUDNN_POINTWISE_SOFTPLUS_FWD, {{CUDNN_ATTR_POINTWISE_SOFTPLUS_BETA, 1.0}}},
              {CUDNN_POINTWISE_TANH_FWD},
              times_first()};
    case ActivationKind::softplus: return {{CUDNN_POINTWISE_SOFTPLUS_FWD, {{CUDNN_ATTR_POINTWISE_SOFTPLUS_BETA, 1.0}}}};
    case ActivationKind::linear: return {with(CUDNN_POINTWISE_MUL, op.alpha), with(CUDNN_POINTWISE_ADD, op.beta)};
  }
  return {};
}

}  // namespace banoff::cuda
