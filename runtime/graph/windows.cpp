// Windows of convolutions and poolings: where they start, how many there are, what padding "same" stands for.
#include "runtime/core/checked.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

namespace {

constexpr std::size_t batch_and_channels = 2;

void check_spatial(std::string_view key, const Spatial& value, std::size_t rank, std::int64_t least) {
  if (!value.fits(rank))
    fail_input("{} has {} values, the input has {} spatial dimensions", key, value.values.size(), rank);
  for (std::size_t i = 0; i < rank; ++i) {
    if (value.at(i) < least || value.at(i) > (std::int64_t{1} << 31)) {
      fail_input("{} is {}, expected at least {}", key, value.at(i), least);
    }
  }
}

std::size_t spatial_rank(const Shape& input) {
  if (input.rank() < 3 || input.rank() > 5) {
    fail_input("input {} has {} dimensions, expected 3 to 5 (batch, channels, spatial)", input.str(), input.rank());
  }
  return input.rank() - batch_and_channels;
}

/// Number of windows, and with "same" padding the padding itself.
void place(Window& window, const Padding& padding, std::size_t dim, bool ceil_mode) {
  const std::int64_t extent = checked_add(checked_mul(window.kernel - 1, window.dilation), 1);
  if (padding.mode != Padding::Mode::given) {
    window.output = (window.input + window.stride - 1) / window.stride;
    const std::int64_t total = std::max<std::int64_t>(0, (window.output - 1) * window.stride + extent - window.input);
    window.pad_begin = padding.mode == Padding::Mode::same ? total / 2 : total - total / 2;
    window.pad_end = total - window.pad_begin;
    return;
  }
  window.pad_begin = padding.begin.at(dim);
  window.pad_end = padding.end.at(dim);
  const std::int64_t room = window.input + window.pad_begin + window.pad_end - extent;
  if (room < 0) {
    fail_input("window of {} does not fit into {} (padding {} + {})", extent, window.input, window.pad_begin,
               window.pad_end);
  }
  window.output = room / window.stride + 1;
  // With ceil_mode a last partial window counts if it starts inside the input or its left padding (PyTorch's rule).
  if (ceil_mode && room % window.stride != 0 && window.output * window.stride < window.input + window.pad_begin) {
    ++window.output;
  }
}

void check_padding(const Padding& padding, std::size_t rank) {
  if (padding.mode != Padding::Mode::given) return;
  check_spatial("padding", padding.begin, rank, 0);
  check_spatial("padding", padding.end, rank, 0);
}

}  // namespace

std::vector<Window> windows(const Shape& input, const Spatial& kernel, const Spatial& stride, const Spatial& dilation,
                            const Padding& padding, bool ceil_mode) {
  const std::size_t rank = spatial_rank(input);
  check_spatial("kernel", kernel, rank, 1);
  check_spatial("stride", stride, rank, 1);
  check_spatial("dilation", dilation, rank, 1);
  check_padding(padding, rank);
  std::vector<Window> result;
  for (std::size_t i = 0; i < rank; ++i) {
    Window window{input[i + batch_and_channels], 0, kernel.at(i), stride.at(i), dilation.at(i), 0, 0};
    place(window, padding, i, ceil_mode);
    result.push_back(window);
  }
  return result;
}

std::vector<Window> windows(const Conv& op, const Shape& input) {
  return windows(input, op.kernel, op.stride, op.dilation, op.padding);
}

std::vector<Window> windows(const Pool& op, const Shape& input) {
  return windows(input, op.kernel, op.steps(), op.dilation, op.padding, op.ceil_mode);
}

std::vector<Window> windows(const ConvTranspose& op, const Shape& input) {
  const std::size_t rank = spatial_rank(input);
  check_spatial("kernel", op.kernel, rank, 1);
  check_spatial("stride", op.stride, rank, 1);
  check_spatial("dilation", op.dilation, rank, 1);
  check_spatial("output_padding", op.output_padding, rank, 0);
  check_padding(op.padding, rank);
  std::vector<Window> result;
  for (std::size_t i = 0; i < rank; ++i) {
    Window w{input[i + batch_and_channels], 0, op.kernel.at(i), op.stride.at(i), op.dilation.at(i), 0, 0};
    const std::int64_t extent = checked_add(checked_mul(w.kernel - 1, w.dilation), 1);
    const std::int64_t full = checked_add(checked_mul(w.input - 1, w.stride), extent);
    if (op.padding.mode == Padding::Mode::given) {
      w.pad_begin = op.padding.begin.at(i);
      w.pad_end = op.padding.end.at(i);
      if (op.output_padding.at(i) >= std::max(w.stride, w.dilation)) {
        fail_input("output_padding {} must be smaller than the stride {} or the dilation {}", op.output_padding.at(i),
                   w.stride, w.dilation);
      }
      w.output = full - w.pad_begin - w.pad_end + op.output_padding.at(i);
    } else {
      w.output = checked_mul(w.input, w.stride);
      const std::int64_t total = std::max<std::int64_t>(0, full - w.output);
      w.pad_begin = op.padding.mode == Padding::Mode::same ? total / 2 : total - total / 2;
      w.pad_end = total - w.pad_begin;
    }
    if (w.output < 1)
      fail_input("output size {} (input {}, kernel {}, padding {} + {})", w.output, w.input, w.kernel, w.pad_begin,
                 w.pad_end);
    result.push_back(w);
  }
  return result;
}

std::vector<Window> windows(const Op& op, const Shape& input) {
  if (const auto* conv = std::get_if<Conv>(&op)) return windows(*conv, input);
  if (const auto* transposed = std::get_if<ConvTranspose>(&op)) return windows(*transposed, input);
  if (const auto* pool = std::get_if<Pool>(&op)) return windows(*pool, input);
  if (const auto* indices = std::get_if<MaxPoolIndices>(&op)) return windows(indices->pool, input);
  return {};
}

/// Windows begin in order, so that only those that begin in the padding, and the last, can.
bool has_empty_window(const Window& w) {
  if ((w.output - 1) * w.stride - w.pad_begin >= w.input) return true;
  for (std::int64_t start = -w.pad_begin; start < 0 && start <= (w.output - 1) * w.stride - w.pad_begin;
       start += w.stride) {
    const std::int64_t skipped = (-start + w.dilation - 1) / w.dilation;
    if (skipped >= w.kernel || start + skipped * w.dilation >= w.input) return true;
    if (w.dilation <= w.input) break;  // what begins later skips no more taps, and lands in the input
  }
  return false;
}

}  // namespace banoff
