// Grids of integers as ONNX's QuantizeLinear and DequantizeLinear.
#include "runtime/graph/quantised.hpp"

#include "runtime/onnx/exporter.hpp"

namespace banoff::onnx_export {

namespace {

std::vector<std::string> on_grid(const Writer& w, const std::string& x, DType type, double scale, std::int64_t zero) {
  const Tensor step = Tensor::of<float>({}, {static_cast<float>(scale)});
  const Tensor point = Tensor::of<std::int64_t>({}, {zero}).as(type);
  return {x, w.constant("scale", step), w.constant("zero_point", point)};
}

}  // namespace

void write(const Quantize& op, const Writer& w) {
  (void)w.emit("QuantizeLinear", on_grid(w, w.in(), op.to, op.scale, op.zero_point));
}

void write(const Dequantize& op, const Writer& w) {
  const DType from = w.exporter().type(w.source().inputs[0]).dtype;
  (void)w.emit("DequantizeLinear", on_grid(w, w.in(), from, op.scale, op.zero_point));
}

void write(const FakeQuantize& op, const Writer& w) {
  const std::string numbers =
      w.step("QuantizeLinear", on_grid(w, w.in(), op.type, op.scale, op.zero_point), "quantized");
  (void)w.emit("DequantizeLinear", on_grid(w, numbers, op.type, op.scale, op.zero_point));
}

}  // namespace banoff::onnx_export
