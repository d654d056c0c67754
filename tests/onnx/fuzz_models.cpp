#include "tests/onnx/fuzz_models.hpp"

#include "tests/onnx/onnx_model.hpp"

namespace banoff::test {
namespace {

using Integers = std::vector<std::int64_t>;

/// Pools, resizing, padding, a residual sum and joined branches.
OnnxModel branches() {
  OnnxModel model;
  model.input("x", {1, 4, 8, 8}).output("y").output("z");
  onnx::NodeProto& pool = model.node("MaxPool", {"x"}, {"pooled"});
  set_attribute(pool, "kernel_shape", {2, 2});
  set_attribute(pool, "strides", {2, 2});
  onnx::NodeProto& mean = model.node("AveragePool", {"x"}, {"mean"});
  set_attribute(mean, "kernel_shape", {3, 3});
  set_attribute(mean, "strides", {2, 2});
  set_attribute(mean, "pads", {1, 1, 1, 1});
  set_integer(mean, "count_include_pad", 1);
  model.node("Add", {"pooled", "mean"}, {"sum"});
  set_integer(model.node("Concat", {"sum", "pooled"}, {"both"}), "axis", 1);
  model.weight("scales", {4}, {1, 1, 2, 2}).weight("none", {0}, {});
  onnx::NodeProto& resize = model.node("Resize", {"both", "none", "scales"}, {"large"});
  set_word(resize, "mode", "nearest");
  set_word(resize, "coordinate_transformation_mode", "asymmetric");
  set_word(resize, "nearest_mode", "floor");
  model.integers("pads", {0, 0, 1, 1, 0, 0, 1, 1});
  model.node("Pad", {"large", "pads"}, {"padded"});
  model.node("GlobalAveragePool", {"padded"}, {"y"});
  set_number(model.node("LeakyRelu", {"sum"}, {"leaky"}), "alpha", 0.1F);
  model.node("Sigmoid", {"leaky"}, {"gate"});
  model.node("Mul", {"leaky", "gate"}, {"z"});
  return model;
}

/// The arithmetic on shapes that exporters leave behind, and matrices.
OnnxModel shapes() {
  OnnxModel model;
  model.input("x", {-1, 6, 4}).output("y");
  model.integers("zero", {0}).integers("one", {1}).integers("rest", {-1}).integers("two", {2});
  model.node("Shape", {"x"}, {"shape"});
  model.node("Slice", {"shape", "zero", "one"}, {"batch"});
  set_integer(model.node("Concat", {"batch", "rest"}, {"wanted"}), "axis", 0);
  model.node("Reshape", {"x", "wanted"}, {"flat"});
  model.node("ConstantOfShape", {"two"}, {"zeros"});
  model.weight("w", {24, 3}, std::vector<float>(72, 0.25F)).weight("b", {3}, {1, 2, 3});
  onnx::NodeProto& gemm = model.node("Gemm", {"flat", "w", "b"}, {"dense"});
  set_number(gemm, "alpha", 2);
  model.weight("m", {3, 3}, std::vector<float>(9, 0.5F));
  model.node("MatMul", {"dense", "m"}, {"product"});
  set_attribute(model.node("Transpose", {"product"}, {"turned"}), "perm", {1, 0});
  set_integer(model.node("Softmax", {"turned"}, {"y"}), "axis", 0);
  return model;
}

/// Transposed and grouped convolutions, norms of other kinds, slices and splits.
OnnxModel layers() {
  OnnxModel model;
  model.input("x", {2, 4, 6, 6}).output("y");
  model.weight("w", {4, 1, 3, 3}, std::vector<float>(36, 0.1F))
      .weight("up", {4, 2, 2, 2}, std::vector<float>(32, 0.2F));
  onnx::NodeProto& conv = model.node("Conv", {"x", "w"}, {"conv"});
  set_integer(conv, "group", 4);
  set_attribute(conv, "dilations", {2, 2});
  set_word(conv, "auto_pad", "SAME_UPPER");
  model.weight("scale", {4}, {1, -2, 3, 0.5F}).weight("shift", {4}, {0, 1, 2, 3});
  model.node("InstanceNormalization", {"conv", "scale", "shift"}, {"norm"});
  onnx::NodeProto& transposed = model.node("ConvTranspose", {"norm", "up"}, {"larger"});
  set_attribute(transposed, "strides", {2, 2});
  model.integers("begin", {0, 1}).integers("end", {9, 1000}).integers("axes", {2, 3}).integers("step", {1, 2});
  model.node("Slice", {"larger", "begin", "end", "axes", "step"}, {"cut"});
  model.weight("slope", {2, 1, 1}, {0.1F, 0.3F}).weight("low", {}, {-1}).weight("high", {}, {6});
  model.node("PRelu", {"cut", "slope"}, {"kinked"});
  model.node("Clip", {"kinked", "low", "high"}, {"clipped"});
  model.integers("parts", {1, 1});
  set_integer(model.node("Split", {"clipped", "parts"}, {"first", "second"}), "axis", 1);
  model.node("Sub", {"first", "second"}, {"y"});
  return model;
}

}  // namespace

std::vector<std::string> fuzz_models() {
  std::vector<std::string> models;
  for (const OnnxModel& model : {small_onnx(), branches(), shapes(), layers()}) models.push_back(model.bytes());
  return models;
}

}  // namespace banoff::test
