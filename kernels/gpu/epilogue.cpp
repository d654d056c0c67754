#include "kernels/gpu/epilogue.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "runtime/graph/activations.hpp"

namespace banoff::gpu {

bool adds_residual(const std::vector<EpilogueStep>& epilogue) {
  return std::ranges::any_of(epilogue,
                             [](const EpilogueStep& step) { return step.kind == EpilogueStep::Kind::residual; });
}

std::string key_of(const std::vector<EpilogueStep>& epilogue) {
  std::string text;
  for (const EpilogueStep& step : epilogue) {
    using Kind = EpilogueStep::Kind;
    if (step.kind == Kind::residual) text += " residual";
    else if (step.kind == Kind::bounds)
      text += fmt::format(" bounds:{}{}", step.lower ? "l" : "", step.upper ? "u" : "");
    else
      text += fmt::format(" {}:{}:{}", row_of(step.activation.kind).name, step.activation.alpha, step.activation.beta);
  }
  return text;
}

bool ConvProblem::is_symmetric() const {
  return std::ranges::all_of(spatial, [](const Window& w) { return w.pad_begin == w.pad_end; });
}

Chain behind(const Chain& chain, int count) {
  Chain rest = chain;
  std::copy(chain.step + count, chain.step + chain.count, rest.step);
  rest.count -= count;
  return rest;
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

Split absorbed(const Chain& chain, int count) {
  Split split{{}, behind(chain, count)};
  using Kind = EpilogueStep::Kind;
  for (int i = 0; i < count; ++i) {
    const ChainStep& step = chain.step[i];
    if (step.kind == StepKind::combine) {
      split.epilogue.push_back({Kind::residual});
      split.residual = step.input;
    } else if (step.kind == StepKind::clamp) {
      split.epilogue.push_back({Kind::bounds, {}, step.a != nullptr, step.b != nullptr});
      split.lower = step.a;
      split.upper = step.b;
    } else {
      split.epilogue.push_back({Kind::activation, {step.function, step.alpha, step.beta}});
    }
  }
  return split;
}

}  // namespace banoff::gpu
