// How ops that read windows are written, and padding.
#include <algorithm>
#include <limits>
#include <utility>

#include "runtime/core/fail.hpp"
#include "runtime/graph/half_precision.hpp"
#include "runtime/onnx/exporter.hpp"

namespace banoff::onnx_export {

namespace {

Ints each(const Spatial& values, std::size_t rank) {
  Ints result;
  for (std::size_t i = 0; i < rank; ++i) result.push_back(values.at(i));
  return result;
}

/// pads, as the windows came out: "same" padding resolved.
Ints pads_of(const std::vector<Window>& windows) {
  Ints pads;
  for (const Window& window : windows) pads.push_back(window.pad_begin);
  for (const Window& window : windows) pads.push_back(window.pad_end);
  return pads;
}

/// Pad's second input, for padding of the last dimensions.
std::string pads_input(const Writer& w, const Ints& begin, const Ints& end) {
  Ints pads(2 * w.shape().rank(), 0);
  std::ranges::copy_backward(begin, pads.begin() + static_cast<std::ptrdiff_t>(w.shape().rank()));
  std::ranges::copy_backward(end, pads.end());
  return w.numbers("pads", pads);
}

/// Padding at the end for as many windows as there are at any size: less than a stride more brings the last window in.
/// None where the last window might then begin behind the picture, which ceil_mode leaves out.
bool pad_for_any_size(std::vector<Window>& windows) {
  for (const Window& window : windows) {
    if ((window.kernel - 1) * window.dilation + 1 < window.pad_end + window.stride) return false;
  }
  for (Window& window : windows) window.pad_end += window.stride - 1;
  return true;
}

/// As many windows as there are, without ceil_mode, on whose last window versions of ONNX differ: by more padding at
/// the end. Returns whether some was needed.
bool pad_to_the_last(const Pool& op, const Writer& w, std::vector<Window>& windows) {
  const bool may_count = op.kind == PoolKind::avg && op.count_include_pad;
  if (op.ceil_mode && !may_count && w.open_behind_batch() && pad_for_any_size(windows)) return true;
  bool more = false;
  for (Window& window : windows) {
    const std::int64_t reach = (window.output - 1) * window.stride + (window.kernel - 1) * window.dilation + 1;
    const std::int64_t needed = reach - window.input - window.pad_begin;
    more |= needed > window.pad_end;
    window.pad_end = std::max(window.pad_end, needed);
  }
  return more;
}

void set_windows(onnx::NodeProto& node, const Pool& op, const std::vector<Window>& windows) {
  set(node, "kernel_shape", each(op.kernel, windows.size()));
  set(node, "strides", each(op.steps(), windows.size()));
  set(node, "pads", pads_of(windows));
  const bool dilated = std::ranges::any_of(windows, [](const Window& window) { return window.dilation != 1; });
  if (op.kind == PoolKind::max || dilated) set(node, "dilations", each(op.dilation, windows.size()));
}

void write_average(const Pool& op, const Writer& w) {
  const std::vector<Window> given = windows(op, w.shape());
  std::vector<Window> padded = given;
  // Of padding that counts, what is added to it does not: then the former becomes part of the picture.
  const bool apart = pad_to_the_last(op, w, padded) && op.count_include_pad;
  std::string x = w.in();
  if (apart) {
    Ints begin, end;
    for (std::size_t i = 0; i < given.size(); ++i) {
      begin.push_back(std::exchange(padded[i].pad_begin, 0));
      end.push_back(given[i].pad_end);
      padded[i].pad_end -= given[i].pad_end;
    }
    x = w.step("Pad", {x, pads_input(w, begin, end)}, "padded");
  }
  onnx::NodeProto& node = w.emit("AveragePool", {x});
  set_windows(node, op, padded);
  set(node, "count_include_pad", std::int64_t{op.count_include_pad && !apart});
}

std::vector<Window> largest_windows(const Pool& op, const Writer& w) {
  std::vector<Window> result = windows(op, w.shape());
  (void)pad_to_the_last(op, w, result);
  return result;
}

/// ONNX Runtime wants less padding than the kernel is large, which dilated windows may exceed: then it becomes part of
/// the picture. Returns what is pooled.
std::string padded_beforehand(const Writer& w, std::vector<Window>& windows) {
  const auto too_much = [](const Window& each) { return std::max(each.pad_begin, each.pad_end) >= each.kernel; };
  if (std::ranges::none_of(windows, too_much)) return w.in();
  Ints begin, end;
  for (Window& window : windows) {
    begin.push_back(std::exchange(window.pad_begin, 0));
    end.push_back(std::exchange(window.pad_end, 0));
  }
  const std::string least = w.number("least", -std::numeric_limits<double>::infinity());
  return w.step("Pad", {w.in(), pads_input(w, begin, end), least}, "padded");
}

}  // namespace

void write(const Conv& op, const Writer& w) {
  std::vector<std::string> inputs{w.in(), w.weight()};
  if (op.pad_value) {
    inputs[0] = w.step("Sub", {w.in(), w.param_along(Slot::pad_value, 1)}, "centred");
    const Tensor bias = Tensor::of<double>({op.out}, bias_with_padding_values(w.graph(), w.source(), w.shape()));
    inputs.push_back(w.constant("bias", bias.as(w.dtype())));
  } else if (op.bias) {
    inputs.push_back(w.bias());
  }
  const std::size_t rank = w.shape().rank() - 2;
  onnx::NodeProto& node = w.emit("Conv", inputs);
  set(node, "kernel_shape", each(op.kernel, rank));
  set(node, "strides", each(op.stride, rank));
  set(node, "dilations", each(op.dilation, rank));
  set(node, "group", groups_of(op, w.shape()));
  if (op.padding.mode == Padding::Mode::given || !w.open_behind_batch()) {
    return set(node, "pads", pads_of(windows(op, w.shape())));
  }
  set(node, "auto_pad", op.padding.mode == Padding::Mode::same ? "SAME_UPPER" : "SAME_LOWER");
}

void write(const ConvTranspose& op, const Writer& w) {
  std::vector<std::string> inputs{w.in(), w.param(Slot::weight)};
  if (op.bias) inputs.push_back(w.param(Slot::bias));
  const std::size_t rank = w.shape().rank() - 2;
  onnx::NodeProto& node = w.emit("ConvTranspose", inputs);
  set(node, "kernel_shape", each(op.kernel, rank));
  set(node, "strides", each(op.stride, rank));
  set(node, "dilations", each(op.dilation, rank));
  set(node, "group", op.groups);
  set(node, "output_padding", each(op.output_padding, rank));
  set(node, "pads", pads_of(windows(op, w.shape())));
}

void write(const Pad& op, const Writer& w) {
  static constexpr const char* modes[] = {"constant", "reflect", "edge"};
  const std::string pads = pads_input(w, op.padding.begin.values, op.padding.end.values);
  if (!op.pad_value) {
    onnx::NodeProto& node = w.emit("Pad", {w.in(), pads, w.number("value", op.value)});
    return set(node, "mode", modes[static_cast<std::size_t>(op.mode)]);
  }
  const std::string values = w.param_along(Slot::pad_value, 1);
  const std::string zeros = w.step("Pad", {w.step("Sub", {w.in(), values}, "centred"), pads}, "padded");
  (void)w.emit("Add", {zeros, values});
}

void write(const Pool& op, const Writer& w) {
  if (op.kind == PoolKind::avg) return write_average(op, w);
  std::vector<Window> windows = largest_windows(op, w);
  const std::string x = padded_beforehand(w, windows);
  set_windows(w.emit("MaxPool", {x}), op, windows);
}

void write(const MaxPoolIndices& op, const Writer& w) {
  onnx::NodeProto& node = w.emit("MaxPool", {w.in()}, w.fresh("largest"));
  node.add_output(w.out());
  set_windows(node, op.pool, largest_windows(op.pool, w));
  set(node, "storage_order", std::int64_t{op.column_major});
}

/// Bins of equal size are an average pool; others have no operator.
void write(const AdaptiveAvgPool&, const Writer& w) {
  if (w.out_shape().elements(2, w.out_shape().rank()) == 1) return void(w.emit("GlobalAveragePool", {w.in()}));
  Ints kernel;
  for (std::size_t i = 2; i < w.shape().rank(); ++i) {
    if (w.shape()[i] % w.out_shape()[i] != 0) {
      fail_input("bins of different sizes ({} to {}) have no ONNX operator", w.shape().str(), w.out_shape().str());
    }
    kernel.push_back(w.shape()[i] / w.out_shape()[i]);
  }
  onnx::NodeProto& node = w.emit("AveragePool", {w.in()});
  set(node, "kernel_shape", kernel);
  set(node, "strides", kernel);
}

}  // namespace banoff::onnx_export
