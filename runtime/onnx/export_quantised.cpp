// Grids of integers as ONNX's QuantizeLinear and DequantizeLinear, in the form that ONNX Runtime and OpenVINO
// recognise: every value that a layer reads is a DequantizeLinear's, weights have a scale per output and a zero point
// of 0, and a bias has 32 bits and the product of the scales of what it is added to.
#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/core/fail.hpp"
#include "runtime/graph/quantised.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/exporter.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff::onnx_export {

namespace {

std::vector<std::string> on_grid(const Writer& w, const std::string& x, DType type, double scale, std::int64_t zero) {
  const Tensor step = Tensor::of<float>({}, {static_cast<float>(scale)});
  const Tensor point = Tensor::of<std::int64_t>({}, {zero}).as(type);
  return {x, w.constant("scale", step), w.constant("zero_point", point)};
}

void cast(const Writer& w, const std::string& from, const std::string& to, DType type) {
  set(w.emit("Cast", {from}, to), "to", std::int64_t{onnx_types[type]});
}

/// `write(name)` writes float32 to a value of that name, which becomes the node's output in its own type.
template <class F>
void narrowed(const Writer& w, F write) {
  if (w.dtype() == DType::f32) return write(w.out());
  const std::string wide = w.fresh("float32");
  write(wide);
  cast(w, wide, w.out(), w.dtype());
}

/// Input 0 in float32, of which type scales are.
std::string widened(const Writer& w) {
  if (w.exporter().type(w.source().inputs[0]).dtype == DType::f32) return w.in();
  std::string wide = w.fresh("float32");
  cast(w, w.in(), wide, DType::f32);
  return wide;
}

}  // namespace

void write(const Quantize& op, const Writer& w) {
  (void)w.emit("QuantizeLinear", on_grid(w, widened(w), op.to, op.scale, op.zero_point));
}

void write(const Dequantize& op, const Writer& w) {
  const DType from = w.exporter().type(w.source().inputs[0]).dtype;
  const std::vector<std::string> inputs = on_grid(w, w.in(), from, op.scale, op.zero_point);
  narrowed(w, [&](const std::string& to) { (void)w.emit("DequantizeLinear", inputs, to); });
}

void write(const FakeQuantize& op, const Writer& w) {
  const std::vector<std::string> inputs = on_grid(w, widened(w), op.type, op.scale, op.zero_point);
  const std::string numbers = w.step("QuantizeLinear", inputs, "quantized");
  const std::vector<std::string> back{numbers, inputs[1], inputs[2]};
  narrowed(w, [&](const std::string& to) { (void)w.emit("DequantizeLinear", back, to); });
}

bool Exporter::is_for_relus(ValueId value) const {
  const std::vector<NodeId>& readers = readers_.of(value);
  return !readers.empty() && !readers_.is_output(value) && std::ranges::all_of(readers, [&](NodeId reader) {
    const auto* activation = graph_.node(reader).as<Activation>();
    return activation != nullptr && activation->kind == ActivationKind::relu;
  });
}

bool Writer::moves_on_grid(std::size_t i) const {
  const ValueId value = node_.outputs[i];
  // Nobody computes ReLUs on integers alone, and OpenVINO 2026.4 ends in a segmentation fault where between a
  // concatenation on a grid whose zero point is not 0 and another grid there is nothing but one.
  if (node_.as<FakeQuantize>() != nullptr || exporter_.is_for_relus(value)) return false;
  return exporter_.grid(value) && dtype() == DType::f32;
}

void Writer::put_on_grid(const std::string& from, const std::string& to, const FakeQuantize& grid) const {
  std::vector<std::string> inputs = on_grid(*this, from, grid.type, grid.scale, grid.zero_point);
  inputs[0] = step("QuantizeLinear", inputs, "quantized");
  // Not called like its value: the node that makes `from` is called so.
  onnx::NodeProto& back = exporter_.node("DequantizeLinear", fresh("dequantized"));
  for (const std::string& input : inputs) back.add_input(input);
  back.add_output(to);
}

std::string Writer::weight(bool turned) const {
  const Tensor& values = tensor(Slot::weight);
  if (!has_weight_scale(node_.op) || dtype() != DType::f32) {
    const Tensor own = values.as(dtype());
    return constant("weight", turned ? onnx_import::permuted(own, {1, 0}) : own);
  }
  const Tensor& scale = tensor(Slot::weight_scale);
  const Tensor numbers = grid_numbers(values, scale);
  const Tensor zeros = onnx_import::filled(scale.shape(), 0, DType::i8);
  const std::vector<std::string> inputs{constant("weight", turned ? onnx_import::permuted(numbers, {1, 0}) : numbers),
                                        constant("weight_scale", scale.as(DType::f32)),
                                        constant("weight_zero_point", zeros)};
  std::string result = fresh("weight.dequantized");
  set(emit("DequantizeLinear", inputs, result), "axis", std::int64_t{turned ? 1 : 0});
  return result;
}

std::string Writer::bias() const {
  const std::optional<FakeQuantize>& grid = exporter_.grid(node_.inputs[0]);
  if (!has_weight_scale(node_.op) || !grid || size_of(grid->type) != 1 || dtype() != DType::f32)
    return param(Slot::bias);
  const std::vector<double> values = tensor(Slot::bias).to_vector<double>();
  std::vector<float> steps = tensor(Slot::weight_scale).to_vector<float>();
  std::vector<std::int32_t> numbers;
  for (std::size_t i = 0; i < values.size(); ++i) {
    steps[i] *= static_cast<float>(grid->scale);
    const double number = std::nearbyint(values[i] / static_cast<double>(steps[i]));
    constexpr double most = std::numeric_limits<std::int32_t>::max();
    if (!(std::abs(number) <= most))
      fail_input(
          "bias[{}] is {} steps of the scale {} of the input times weight_scale[{}], expected at most {}; "
          "weight_scale[{}] must be larger",
          i, number, grid->scale, i, most, i);
    numbers.push_back(static_cast<std::int32_t>(number));
  }
  const Shape shape{std::ssize(values)};
  std::string result = fresh("bias.dequantized");
  const std::vector<std::string> inputs{constant("bias", Tensor::of<std::int32_t>(shape, std::move(numbers))),
                                        constant("bias_scale", Tensor::of<float>(shape, std::move(steps)))};
  set(emit("DequantizeLinear", inputs, result), "axis", std::int64_t{0});
  return result;
}

}  // namespace banoff::onnx_export
