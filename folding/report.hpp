// Filling in the folding report: names, sentences and parameter counts.
#pragma once

#include "folding/gauge.hpp"

namespace banoff {

/// Distinct parameters of the live nodes; trainable ones are weights, biases, gamma and beta.
void count_parameters(const Graph& graph, std::int64_t& all, std::int64_t& trainable);
void explain_fold(FoldedNorm& norm, bool backward);
/// Tells why the method `optimal` left a norm.
void explain_left(FoldedNorm& norm, const gauge::Refused& why);
void explain_refusal(FoldedNorm& norm, const gauge::Refused& backward, const gauge::Refused& forward);

}  // namespace banoff
