// What follows a convolution, divided between the library's call and a pass of its own.
#pragma once

#include "kernels/gpu/backend.hpp"
#include "kernels/gpu/chain.hpp"

namespace banoff::gpu {

/// What a library is asked to do in one call, and what is left for a pass of its own.
struct Split {
  ConvProblem problem;
  Chain rest;
  int residual = none;  ///< region input
  const float *lower = nullptr, *upper = nullptr;
};

/// How many of a chain's first steps a library may know, in whatever order they stand.
[[nodiscard]] int most_absorbed(const Chain& chain);
/// Moves the chain's first `count` steps into the problem.
[[nodiscard]] Split absorbed(const ConvProblem& alone, const Chain& chain, int count);

}  // namespace banoff::gpu
