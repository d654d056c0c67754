// How images that are read between their pixels are written.
#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/exporter.hpp"

namespace banoff::onnx_export {

void write(const GridSample& op, const Writer& w) {
  static constexpr const char* names[] = {"linear", "nearest", "cubic"};
  static constexpr const char* before_20[] = {"bilinear", "nearest", "bicubic"};
  static constexpr const char* outside[] = {"zeros", "border", "reflection"};
  onnx::NodeProto& node = w.emit("GridSample", {w.in(0), w.in(1)});
  set(node, "mode", row_for(w.exporter().opset() < 20 ? before_20 : names, op.mode));
  set(node, "padding_mode", row_for(outside, op.outside));
  set(node, "align_corners", std::int64_t{op.align_corners});
}

namespace {

void set_bins(onnx::NodeProto& node, const Spatial& size, double scale, std::int64_t sampling, bool aligned) {
  set(node, "output_height", size.at(0));
  set(node, "output_width", size.at(1));
  set(node, "spatial_scale", scale);
  set(node, "sampling_ratio", sampling);
  set(node, "coordinate_transformation_mode", aligned ? "half_pixel" : "output_half_pixel");
}

}  // namespace

void write(const RoiAlignBatch& op, const Writer& w) {
  std::string pictures = w.in(2);
  if (w.exporter().type(w.source().inputs[2]).dtype != DType::i64) {
    pictures = w.fresh("pictures");
    set(w.emit("Cast", {w.in(2)}, pictures), "to", std::int64_t{onnx_types[DType::i64]});
  }
  onnx::NodeProto& node = w.emit("RoiAlign", {w.in(0), w.in(1), pictures});
  set_bins(node, op.size, op.scale, op.sampling, op.aligned);
  set(node, "mode", op.max ? "max" : "avg");
}

/// From one map: all boxes are in picture 0, as many as there are.
void write(const RoiAlign& op, const Writer& w) {
  if (op.strides.size() != 1) fail_input("roi_align from several maps has no ONNX operator here");
  const std::string corners =
      w.shape(0)[1] == 4
          ? w.in(0)
          : w.step("Slice", {w.in(0), w.numbers("begin", {0}), w.numbers("end", {4}), w.numbers("axis", {1})},
                   "corners");
  const std::string shape = w.step("Shape", {w.in(0)}, "shape");
  const std::string rows = w.step("Slice", {shape, w.numbers("begin", {0}), w.numbers("one", {1})}, "rows");
  const std::string pictures = w.fresh("pictures");
  onnx::TensorProto zero;
  zero.set_data_type(onnx::TensorProto::INT64);
  zero.add_dims(1);
  zero.add_int64_data(0);
  onnx::AttributeProto& value = *w.emit("ConstantOfShape", {rows}, pictures).add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  *value.mutable_t() = zero;
  onnx::NodeProto& node = w.emit("RoiAlign", {w.in(1), corners, pictures});
  set_bins(node, op.size, 1.0 / static_cast<double>(op.strides[0]), op.sampling, op.aligned);
}

}  // namespace banoff::onnx_export
