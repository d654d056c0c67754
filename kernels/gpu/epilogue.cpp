#include "kernels/gpu/epilogue.hpp"

#include <algorithm>

namespace banoff::gpu {

namespace {

/// Takes the first `count` steps off a chain.
void drop_first(Chain& chain, int count) {
  std::copy(chain.step + count, chain.step + chain.count, chain.step);
  chain.count -= count;
}

}  // namespace

bool ConvProblem::adds_residual() const {
  return std::ranges::any_of(epilogue,
                             [](const EpilogueStep& step) { return step.kind == EpilogueStep::Kind::residual; });
}

bool ConvProblem::is_symmetric() const {
  return std::ranges::all_of(spatial, [](const Window& w) { return w.pad_begin == w.pad_end; });
}

int most_absorbed(const Chain& chain) {
  bool residual = false, bounds = false;
  int count = 0;
  for (; count < chain.count; ++count) {
    const ChainStep& step = chain.step[count];
    if (step.kind == StepKind::combine && step.full && step.op == BinaryKind::add && !residual) residual = true;
    else if (step.kind == StepKind::clamp && !bounds) bounds = true;
    else if (step.kind != StepKind::activation) break;
  }
  return count;
}

Split absorbed(const ConvProblem& alone, const Chain& chain, int count) {
  Split split{alone, chain};
  using Kind = EpilogueStep::Kind;
  for (int i = 0; i < count; ++i) {
    const ChainStep& step = chain.step[i];
    if (step.kind == StepKind::combine) {
      split.problem.epilogue.push_back({Kind::residual});
      split.residual = step.input;
    } else if (step.kind == StepKind::clamp) {
      split.problem.epilogue.push_back({Kind::bounds, {}, step.a != nullptr, step.b != nullptr});
      split.lower = step.a;
      split.upper = step.b;
    } else {
      split.problem.epilogue.push_back({Kind::activation, {step.function, step.alpha, step.beta}});
    }
  }
  // The library's calls that take anything behind a convolution take a bias before it.
  if (count > 0) split.problem.bias = true;
  drop_first(split.rest, count);
  return split;
}

}  // namespace banoff::gpu
