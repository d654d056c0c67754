// Operators that read images between their pixels, but for those that resize.
#include <map>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

template <class Enum>
Enum word(Call& call, std::string_view attribute, std::string_view standard,
          const std::map<std::string, Enum, std::less<>>& words) {
  const std::string given = call.attributes.text(attribute, standard);
  const auto found = words.find(given);
  if (found == words.end()) fail_input("{} = {} is not supported", attribute, given);
  return found->second;
}

/// Modes have other names before opset 20. Integers are sampled as floats.
void grid_sample(Call& call) {
  const Steps s(call);
  const bool old = call.opset() < 20;
  GridSample op;
  op.mode =
      old ? word<SampleMode>(
                call, "mode", "bilinear",
                {{"bilinear", SampleMode::linear}, {"nearest", SampleMode::nearest}, {"bicubic", SampleMode::cubic}})
          : word<SampleMode>(
                call, "mode", "linear",
                {{"linear", SampleMode::linear}, {"nearest", SampleMode::nearest}, {"cubic", SampleMode::cubic}});
  op.outside =
      word<Outside>(call, "padding_mode", "zeros",
                    {{"zeros", Outside::zeros}, {"border", Outside::border}, {"reflection", Outside::reflection}});
  op.align_corners = call.attributes.integer("align_corners", 0) != 0;
  call.result(0, s.in_floats(call.in(0), [&](const Operand& x) { return s.emit(op, {x, call.in(1)}); }));
}

/// Until opset 16 coordinates were what is called output_half_pixel since.
void roi_align(Call& call) {
  RoiAlignBatch op;
  op.size = Spatial({call.attributes.integer("output_height", 1), call.attributes.integer("output_width", 1)});
  op.scale = call.attributes.real("spatial_scale", 1);
  op.sampling = call.attributes.integer("sampling_ratio", 0);
  op.max = word<bool>(call, "mode", "avg", {{"avg", false}, {"max", true}});
  op.aligned = call.opset() >= 16 && word<bool>(call, "coordinate_transformation_mode", "half_pixel",
                                                {{"half_pixel", true}, {"output_half_pixel", false}});
  call.result(0, call.emit(op, {call.in(0), call.in(1), call.in(2)}));
}

constexpr Row rows[] = {{"GridSample", grid_sample}, {"RoiAlign", roi_align}};

}  // namespace

std::span<const Row> sampling_rows() { return rows; }

}  // namespace banoff::onnx_import
