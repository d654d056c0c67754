#include "kernels/gpu/conv_choice.hpp"

#include <fmt/format.h>

#include "runtime/core/dtype.hpp"

namespace banoff::gpu {

namespace {

std::size_t bytes_of(const ConvProblem& problem, int channels, std::int64_t Window::*size) {
  std::int64_t elements = std::int64_t{problem.images} * channels;
  for (const Window& w : problem.spatial) elements *= w.*size;
  return static_cast<std::size_t>(elements) * size_of(problem.type);
}

}  // namespace

std::string ConvProblem::key() const {
  std::string text =
      fmt::format("{}{} {} {} n{} c{} k{} g{}", transposed ? "deconv" : "conv", spatial.size(), name_of(type),
                  math == Math::fma ? "fma" : "tensor", images, in_channels, out_channels, groups);
  for (const Window& w : spatial)
    text +=
        fmt::format(" {}>{}k{}s{}d{}p{}:{}", w.input, w.output, w.kernel, w.stride, w.dilation, w.pad_begin, w.pad_end);
  if (bias) text += " bias";
  return text + key_of(epilogue);
}

Choice<ConvArgs> choose_convolver(const Context& context, const ConvProblem& problem, const ConvArgs& args) {
  const Backend& backend = *context.backend;
  const std::size_t workspace = context.options.workspace_bytes;
  const auto rebuild = [&](const std::string& name, const std::string& plan) {
    return backend.rebuild(problem, workspace, name, plan);
  };
  const auto operands = [&](TrialMemory& memory) {
    ConvArgs ready = args;
    const std::size_t y_bytes = bytes_of(problem, problem.out_channels, &Window::output);
    ready.x = memory.random(bytes_of(problem, problem.in_channels, &Window::input), problem.type);
    ready.y = memory.random(y_bytes, problem.type);
    if (adds_residual(problem.epilogue)) ready.residual = memory.random(y_bytes, problem.type);
    return ready;
  };
  return context.tuner->choose(Problem<ConvArgs>{problem.key(), backend.ways(problem, workspace), rebuild, operands});
}

}  // namespace banoff::gpu
