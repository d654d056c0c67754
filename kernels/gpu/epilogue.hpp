// What follows a convolution or a product, divided between the library's call and a pass of its own.
#pragma once

#include "kernels/gpu/backend.hpp"
#include "kernels/gpu/chain.hpp"

namespace banoff::gpu {

/// What a library is asked to do in one call, and what is left for a pass of its own.
struct Split {
  std::vector<EpilogueStep> epilogue;
  Chain rest;
  int residual = none;  ///< region input
  const float *lower = nullptr, *upper = nullptr;
};

/// The chain without its first `count` steps.
[[nodiscard]] Chain behind(const Chain& chain, int count);
/// How many of a chain's first steps a library may know, in whatever order they stand.
[[nodiscard]] int most_absorbed(const Chain& chain);
/// The chain's first `count` steps as the library's.
[[nodiscard]] Split absorbed(const Chain& chain, int count);

}  // namespace banoff::gpu
