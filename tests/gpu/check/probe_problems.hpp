// Convolutions as networks have them, one of every kind that a library may treat differently.
#pragma once

#include "banoff/precision.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::check {

struct Problem {
  std::string name;
  gpu::ConvProblem problem;
};

/// Batch 1, for images of 224 pixels, their sides divided by `shrink`.
[[nodiscard]] std::vector<Problem> probe_problems(Precision precision, int shrink);

}  // namespace banoff::check
