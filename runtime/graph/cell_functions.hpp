// The functions of recurrent cells: defaults of their attributes, and what they compute.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/core/by_enum.hpp"
#include "runtime/graph/ops_recurrent.hpp"

namespace banoff {

/// Which of alpha and beta a function has, and their defaults.
struct CellFunctionRow {
  bool has_alpha = false, has_beta = false;
  double alpha = 0, beta = 0;
};
inline constexpr std::array<CellFunctionRow, 11> cell_function_rows{{
    {},
    {},
    {},
    {true, true, 1, 0},
    {true, false, 0.01, 0},
    {true, false, 1, 0},
    {true, true, 1, 1},
    {true, true, 0.2, 0.5},
    {true, false, 1, 0},
    {},
    {},
}};

/// A function with its attributes.
struct CellActivation {
  CellFunction function = CellFunction::tanh;
  double alpha = 0, beta = 0;
  bool operator==(const CellActivation&) const = default;
};

/// The functions of a direction, f g h as many as there are. The shapes of the op's lists are those its signature
/// accepts.
[[nodiscard]] inline std::vector<CellActivation> activations_of(const Recurrent& op, std::int64_t direction) {
  std::vector<CellActivation> result;
  const std::size_t each = op.functions_each(), first = static_cast<std::size_t>(direction) * each;
  for (std::size_t i = 0; i < each; ++i) {
    const CellFunction standard = i == 0 && each > 1 ? CellFunction::sigmoid : CellFunction::tanh;
    const CellFunction function = op.functions.empty() ? standard : op.functions[first + i];
    const CellFunctionRow& row = row_for(cell_function_rows, function);
    result.push_back({function, op.alpha.empty() ? row.alpha : op.alpha[first + i],
                      op.beta.empty() ? row.beta : op.beta[first + i]});
  }
  return result;
}

template <class T>
[[nodiscard]] T apply(const CellActivation& activation, T x) {
  const T alpha = static_cast<T>(activation.alpha), beta = static_cast<T>(activation.beta);
  switch (activation.function) {
    case CellFunction::sigmoid: return T{1} / (T{1} + std::exp(-x));
    case CellFunction::tanh: return std::tanh(x);
    case CellFunction::relu: return x < T{0} ? T{0} : x;
    case CellFunction::affine: return alpha * x + beta;
    case CellFunction::leaky_relu: return x < T{0} ? alpha * x : x;
    case CellFunction::thresholded_relu: return x < alpha ? T{0} : x;
    case CellFunction::scaled_tanh: return alpha * std::tanh(beta * x);
    case CellFunction::hard_sigmoid: return std::clamp(alpha * x + beta, T{0}, T{1});
    case CellFunction::elu: return x < T{0} ? alpha * std::expm1(x) : x;
    case CellFunction::softsign: return x / (T{1} + std::abs(x));
    case CellFunction::softplus: return std::max(x, T{0}) + std::log1p(std::exp(-std::abs(x)));
  }
  return x;
}

}  // namespace banoff
