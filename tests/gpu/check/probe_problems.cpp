#include "tests/gpu/check/probe_problems.hpp"

#include <algorithm>

namespace banoff::check {

namespace {

struct Sizes {
  int side, in, out, kernel, stride = 1, groups = 1;
};

gpu::ConvProblem convolution(const Sizes& s, int shrink) {
  gpu::ConvProblem p;
  p.in_channels = s.in;
  p.out_channels = s.out;
  p.groups = s.groups;
  p.bias = true;
  const std::int64_t input = std::max(s.side / shrink, s.kernel), pad = s.kernel / 2;
  const std::int64_t output = (input + 2 * pad - s.kernel) / s.stride + 1;
  p.spatial.assign(2, Window{input, output, s.kernel, s.stride, 1, pad, pad});
  return p;
}

/// Without overlaps and padding, as decoders have it: twice as large.
gpu::ConvProblem transposed(int side, int in, int out, int shrink) {
  gpu::ConvProblem p = convolution({side, in, out, 2, 2}, shrink);
  p.transposed = true;
  p.bias = false;
  const std::int64_t input = std::max(side / shrink, 1);
  p.spatial.assign(2, Window{input, 2 * input, 2, 2, 1, 0, 0});
  return p;
}

gpu::ConvProblem with(gpu::ConvProblem p, ActivationKind kind, bool residual = false, double alpha = 0,
                      double beta = 0) {
  using Step = gpu::EpilogueStep;
  if (residual) p.epilogue.push_back({.kind = Step::Kind::residual});
  p.epilogue.push_back({.kind = Step::Kind::activation, .activation = {kind, alpha, beta}});
  return p;
}

gpu::ConvProblem bounded(gpu::ConvProblem p) {
  p.epilogue.push_back({.kind = gpu::EpilogueStep::Kind::bounds, .lower = true, .upper = true});
  return p;
}

}  // namespace

std::vector<Problem> probe_problems(Precision precision, int shrink) {
  const auto conv = [shrink](const Sizes& sizes) { return convolution(sizes, shrink); };
  std::vector<Problem> problems{
      {"first 7x7/2 3>64 relu", with(conv({224, 3, 64, 7, 2}), ActivationKind::relu)},
      {"1x1 64>256 at 56, residual, relu", with(conv({56, 64, 256, 1}), ActivationKind::relu, true)},
      {"3x3 64>64 at 56 relu", with(conv({56, 64, 64, 3}), ActivationKind::relu)},
      {"3x3/2 128>128 at 56", conv({56, 128, 128, 3, 2})},
      {"3x3 256>256 at 14, bounds by channel", bounded(conv({14, 256, 256, 3}))},
      {"1x1 1024>256 at 14 relu", with(conv({14, 1024, 256, 1}), ActivationKind::relu)},
      {"1x1 16>96 at 112, clip to 6", with(conv({112, 16, 96, 1}), ActivationKind::clip, false, 0, 6)},
      {"1x1 40>240 at 28 silu", with(conv({28, 40, 240, 1}), ActivationKind::silu)},
      {"3x3 128>128 at 56, 32 groups, relu", with(conv({56, 128, 128, 3, 1, 32}), ActivationKind::relu)},
      {"transposed 2x2/2 256>128 at 28", transposed(28, 256, 128, shrink)}};
  for (Problem& each : problems) {
    each.problem.math = precision == Precision::fp32 ? gpu::Math::fma : gpu::Math::tensor;
    each.problem.type = precision == Precision::fp16   ? DType::f16
                        : precision == Precision::bf16 ? DType::bf16
                                                       : DType::f32;
  }
  return problems;
}

}  // namespace banoff::check
