// Reparametrised weights, resolved to the plain weight when they are loaded. Computed in double.
#pragma once

#include <map>
#include <string>

#include "banoff/tensor.hpp"

namespace banoff {

/// Replaces every pair `x_g`, `x_v` and `parametrizations.x.original0`, `.original1` by `x`:
/// x = g v / |v|, the norm over all dimensions but the first (Salimans and Kingma 2016, PyTorch's dim=0).
void resolve_weight_norm(std::map<std::string, Tensor>& tensors);

/// w' = (w - mean) / sqrt(var + eps) for every output channel, the variance divided by the count (Qiao et al. 2019).
[[nodiscard]] Tensor standardized(const Tensor& weight, double eps);

}  // namespace banoff
