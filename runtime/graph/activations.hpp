// The elementwise activations: name, attributes, defaults and function, one row each.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "runtime/graph/ops.hpp"

namespace banoff {

/// Row i describes ActivationKind(i). An empty key means that the activation has no such attribute.
struct ActivationRow {
  std::string_view name;
  std::string_view alpha_key = {};
  std::optional<double> alpha = 0.0;  ///< default; absent: must be written
  std::string_view beta_key = {};
  std::optional<double> beta = 0.0;
};

inline constexpr std::array<ActivationRow, 14> activation_rows{{
    {"relu"},
    {"clip", "min", std::nullopt, "max", std::nullopt},
    {"leaky_relu", "alpha", 0.01},
    {"elu", "alpha", 1.0},
    {"sigmoid"},
    {"hard_sigmoid", "alpha", 1.0 / 6.0, "beta", 0.5},
    {"tanh"},
    {"silu"},
    {"hard_swish"},
    {"gelu"},
    {"gelu_tanh"},
    {"mish"},
    {"softplus"},
    {"linear", "alpha", 1.0, "beta", 0.0},
}};

[[nodiscard]] constexpr const ActivationRow& row_of(ActivationKind kind) {
  return activation_rows[static_cast<std::size_t>(kind)];
}

/// Whether its function takes an exponential, or what is as dear, and not just a few products and comparisons.
[[nodiscard]] constexpr bool needs_exponential(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::relu:
    case ActivationKind::clip:
    case ActivationKind::leaky_relu:
    case ActivationKind::hard_sigmoid:
    case ActivationKind::hard_swish:
    case ActivationKind::linear: return false;
    default: return true;
  }
}

void Activation::fields(auto&& f, auto& self) const {
  const ActivationRow& row = row_of(kind);
  const auto field = [&](std::string_view key, auto& member, const std::optional<double>& standard) {
    if (key.empty()) return;
    if (standard) f(key, member);
    else f(key, member, required);
  };
  field(row.alpha_key, self.alpha, row.alpha);
  field(row.beta_key, self.beta, row.beta);
}

/// The activation's value at x; a NaN stays one.
template <class T>
[[nodiscard]] T activate(const Activation& op, T x) {
  const T alpha = static_cast<T>(op.alpha);
  const T beta = static_cast<T>(op.beta);
  // log(1 + e^x) without overflow for large x.
  const auto softplus = [](T v) { return std::max(v, T{0}) + std::log1p(std::exp(-std::abs(v))); };
  const auto sigmoid = [](T v) { return T{1} / (T{1} + std::exp(-v)); };
  switch (op.kind) {
    case ActivationKind::relu: return x < T{0} ? T{0} : x;
    case ActivationKind::clip: return std::min(std::max(x, alpha), beta);
    case ActivationKind::leaky_relu: return x > T{0} ? x : alpha * x;
    case ActivationKind::elu: return x > T{0} ? x : alpha * std::expm1(x);
    case ActivationKind::sigmoid: return sigmoid(x);
    case ActivationKind::hard_sigmoid: return std::clamp(alpha * x + beta, T{0}, T{1});
    case ActivationKind::tanh: return std::tanh(x);
    case ActivationKind::silu: return x * sigmoid(x);
    case ActivationKind::hard_swish: return x * std::clamp(x + T{3}, T{0}, T{6}) / T{6};
    case ActivationKind::gelu: return T{0.5} * x * (T{1} + std::erf(x * T(0.70710678118654752440)));
    case ActivationKind::gelu_tanh:
      return T{0.5} * x * (T{1} + std::tanh(T(0.79788456080286535588) * (x + T(0.044715) * x * x * x)));
    case ActivationKind::mish: return x * std::tanh(softplus(x));
    case ActivationKind::softplus: return softplus(x);
    case ActivationKind::linear: return alpha * x + beta;
  }
  return x;
}

}  // namespace banoff
