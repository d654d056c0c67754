// Rates in GFLOP/s of one AVX2 core at 3.25 GHz (peak 104), by layout and kind. AVX-512 machines scale them all by
// about the same factor, which leaves the order of alternatives as it is.
#include "kernels/cpu/onednn/cost.hpp"

#include <algorithm>

#include "kernels/cpu/loop_kernel.hpp"
#include "kernels/cpu/onednn/compat.hpp"
#include "kernels/cpu/onednn/primitive.hpp"
#include "runtime/core/round_up.hpp"

namespace banoff::onednn {

namespace {

constexpr double per_call_us = 0.5;
constexpr double slow_rate = 0.05;  // of the reference implementations

bool is_avx512(const std::string& implementation) { return implementation.find("avx512") != std::string::npos; }

double rate(const ConvolutionShape& c, std::int64_t taps, std::int64_t stride, std::int64_t pixels) {
  if (c.implementation.find("ref") != std::string::npos) return slow_rate;
  const bool depthwise = c.in_per_group == 1 && c.groups > 1;
  if (c.implementation.find("gemm") != std::string::npos && !c.implementation.starts_with("brg"))
    return depthwise ? 3 : 55;
  const bool last = c.output_layout == Layout::channels_last;
  if (depthwise) {
    // Vectors of 16 gain less here than in the products below: memory does not become faster.
    if (is_avx512(c.implementation)) {
      if (stride > 1) return taps >= 25 ? (last ? 42 : 50) : (last ? 28 : 33);
      if (taps >= 25) return last ? 52 : 78;
      return last ? 39 : 52;
    }
    if (taps >= 25) return last ? (version3 ? 38 : 57) : 70;
    if (pixels <= 64) return last ? (version3 ? 40 : 56) : 36;
    if (pixels <= 256) return last ? (version3 ? 40 : 52) : 45;
    return last ? (version3 ? 35 : 55) : 60;
  }
  if (taps == 1) return stride == 1 ? (last ? 99 : 97) : (last ? 97 : 94);
  if (c.input[1] <= 4) return 95;
  if (stride > 1) return last ? (version3 ? 98 : 81) : 92;
  return last ? (version3 ? 100 : 91) : (version3 ? 94 : 97);
}

}  // namespace

double convolution_us(const ConvolutionShape& c, int threads) {
  std::int64_t taps = 1;
  std::int64_t stride = 1;
  for (const Window& w : c.spatial) taps *= w.kernel, stride = std::max(stride, w.stride);
  const std::int64_t pixels = c.output.elements(2, c.output.rank());
  const bool blocked = c.output_layout == Layout::blocked8 || c.output_layout == Layout::blocked16;
  const std::int64_t width = c.output_layout == Layout::blocked16 ? 16 : 8;
  const auto up = [&](std::int64_t channels) { return round_up(channels, width); };
  // Blocked layouts compute the padding too; channels-last masks the rest of a vector, at a small loss.
  const bool depthwise = c.in_per_group == 1 && c.groups > 1;
  const bool stem = c.input_layout == Layout::plain && c.output_layout != Layout::plain;
  std::int64_t in = c.in_per_group;
  std::int64_t out = c.out_per_group;
  if (blocked && !depthwise) in = stem ? in : up(in), out = up(out);
  double macs =
      static_cast<double>(c.output[0] * pixels) * static_cast<double>(c.groups * in * out) * static_cast<double>(taps);
  if (!blocked && !depthwise && out % 8 != 0) macs *= 1.05;
  const double gflops = rate(c, taps, stride, pixels) * threads;
  const double bytes = 4.0 * static_cast<double>(c.input.elements() + c.output.elements()) +
                       4.0 * static_cast<double>(c.groups * in * out * taps);
  return per_call_us + std::max(2e-3 * macs / gflops, bytes / (60e3 * threads));
}

double per_channel_us(const std::string& implementation, Layout layout, int threads) {
  return 1e-3 * cpu::epilogue_ns(is_avx512(implementation), layout == Layout::channels_last) / threads;
}

double operand_us(const std::string& implementation, double bytes, int threads) {
  // The library's older kernels fetch it ahead of time, and early enough.
  if (!implementation.starts_with("brg")) return 0;
  return 1e-3 * cpu::waiting_ns(bytes, is_avx512(implementation), false) / threads;
}

double transposed_convolution_us(const Shape& input, const ConvTranspose& op, const std::vector<Window>& spatial,
                                 Layout layout, const std::string& implementation, int threads) {
  double macs = static_cast<double>(input.elements()) * static_cast<double>(op.out / op.groups);
  for (const Window& w : spatial) macs *= static_cast<double>(w.kernel);
  const double fast = layout == Layout::channels_last ? (version3 ? 90 : 45) : layout == Layout::plain ? 40 : 30;
  const double gflops = implementation.find("ref") != std::string::npos ? slow_rate : fast;
  return per_call_us + 2e-3 * macs / (gflops * threads);
}

double product_us(std::int64_t rows, std::int64_t columns, std::int64_t inner, int threads) {
  const double macs = static_cast<double>(rows * columns) * static_cast<double>(inner);
  const double weight_bytes = 4.0 * static_cast<double>(columns * inner);
  return per_call_us + std::max(2e-3 * macs / (85.0 * threads), cpu::pass_us(weight_bytes, threads));
}

}  // namespace banoff::onednn
