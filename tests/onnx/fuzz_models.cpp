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

/// Operators that compute with their attributes. Each result is an output.
OnnxModel attributes() {
  OnnxModel model(18);
  model.input("x", {2, 4, 6, 6}).input("s", {5, 2, 3}).input("m", {3, 3});
  const auto node = [&](const std::string& op, const std::vector<std::string>& inputs) -> onnx::NodeProto& {
    const std::string name = op + std::to_string(model.graph().node_size());
    model.output(name);
    return model.node(op, inputs, {name});
  };
  const auto set = [](onnx::NodeProto& to, const std::vector<std::pair<std::string, std::int64_t>>& all) {
    for (const auto& [name, value] : all) set_integer(to, name, value);
  };
  const auto set_windows = [](onnx::NodeProto& to) {
    for (const char* name : {"kernel_shape", "strides"}) set_attribute(to, name, {2, 2});
    set_attribute(to, "pads", {0, 0, 0, 0});
  };
  model.node("MaxPool", {"x"}, {"most", "places"});
  set_windows(*model.graph().mutable_node(0));
  set_windows(node("MaxUnpool", {"most", "places"}));
  onnx::NodeProto& powers = node("LpPool", {"x"});
  set_windows(powers), set_attribute(powers, "dilations", {1, 1}), set(powers, {{"p", 2}, {"ceil_mode", 1}});
  set(node("GlobalLpPool", {"x"}), {{"p", 3}});
  model.weight("up", {4, 2, 2, 2}, std::vector<float>(32, 0.2F));
  onnx::NodeProto& transposed = node("ConvTranspose", {"x", "up"});
  set_attribute(transposed, "strides", {2, 2}), set_attribute(transposed, "output_shape", {12, 13});
  set_attribute(transposed, "output_padding", {0, 1}), set(transposed, {{"group", 1}});
  model.integers("lengths", {5, 3});
  set(node("ReverseSequence", {"s", "lengths"}), {{"time_axis", 0}, {"batch_axis", 1}});
  model.weight("w4", {1, 8, 3}, std::vector<float>(24, 0.1F)).weight("r4", {1, 8, 2}, std::vector<float>(16, -0.2F));
  model.weight("w3", {1, 6, 3}, std::vector<float>(18, 0.3F)).weight("r3", {1, 6, 2}, std::vector<float>(12, 0.2F));
  set(node("LSTM", {"s", "w4", "r4"}), {{"hidden_size", 2}, {"layout", 0}, {"input_forget", 1}});
  set(node("GRU", {"s", "w3", "r3"}), {{"hidden_size", 2}, {"linear_before_reset", 1}});
  model.integers("q", {3, -1, 3, 7}).weight("scale", {4}, {0.5F, 2, 1, 3}).weight("halves", {2}, {0.5F, 2});
  set(node("DequantizeLinear", {"q", "scale"}), {{"axis", 0}});
  set(node("DequantizeLinear", {"q", "halves"}), {{"axis", 0}, {"block_size", 2}});
  model.weight("step", {}, {0.5F});
  set(node("QuantizeLinear", {"x", "step"}), {{"axis", 1}, {"output_dtype", onnx::TensorProto::INT8}});
  set(node("QuantizeLinear", {"m", "halves"}), {{"axis", 0}, {"block_size", 2}, {"precision", 1}});
  (void)node("DynamicQuantizeLinear", {"x"});
  set(node("Unique", {"q"}), {{"axis", 0}, {"sorted", 0}});
  model.weight("grid", {2, 3, 3, 2}, std::vector<float>(36, 0.25F)).weight("box", {1, 4}, {1, 1, 4, 5});
  set(node("GridSample", {"x", "grid"}), {{"align_corners", 1}});
  model.integers("zero", {0}).integers("two", {2});
  set(node("RoiAlign", {"x", "box", "zero"}), {{"output_height", 2}, {"output_width", 2}, {"sampling_ratio", 2}});
  set_word(node("Einsum", {"m", "m"}), "equation", "ij,kj->ik");
  set(node("TopK", {"x", "two"}), {{"axis", 1}, {"largest", 0}});
  set(node("ArgMax", {"x"}), {{"axis", 1}, {"keepdims", 0}, {"select_last_index", 1}});
  set(node("CumSum", {"x", "zero"}), {{"exclusive", 1}, {"reverse", 1}});
  set(node("DepthToSpace", {"x"}), {{"blocksize", 2}});
  set(node("SpaceToDepth", {"x"}), {{"blocksize", 2}});
  set(node("Trilu", {"m", "two"}), {{"upper", 1}});
  set(node("EyeLike", {"m"}), {{"k", 1}, {"dtype", onnx::TensorProto::FLOAT}});
  set(node("Gather", {"x", "two"}), {{"axis", 1}});
  set(node("Shape", {"x"}), {{"start", 1}, {"end", 3}});
  set(node("LRN", {"x"}), {{"size", 3}});
  set(node("Hardmax", {"x"}), {{"axis", 1}});
  set(node("Flatten", {"x"}), {{"axis", 2}});
  model.weight("of_two", {2}, {1, -2}).weight("of_six", {6}, {1, 2, 3, 4, 5, 6});
  set(node("GroupNormalization", {"x", "of_two", "of_two"}), {{"num_groups", 2}});
  set(node("LayerNormalization", {"x", "of_six"}), {{"axis", 3}});
  set(node("RMSNormalization", {"x", "of_six"}), {{"axis", -1}});
  set(node("LpNormalization", {"x"}), {{"axis", 1}, {"p", 1}});
  set_attribute(node("MeanVarianceNormalization", {"x"}), "axes", {0, 2});
  model.weight("values", {2}, {-1, 4}).integers("sizes", {4, 9});
  set(node("OneHot", {"q", "two", "values"}), {{"axis", 0}});
  set_attribute(node("CenterCropPad", {"x", "sizes"}), "axes", {2, 3});
  onnx::NodeProto& resize = node("Resize", {"x", "", "", "sizes"});
  set_attribute(resize, "axes", {2, 3}), set_word(resize, "mode", "cubic");
  set(resize, {{"antialias", 1}, {"exclude_outside", 1}});
  set(node("ReduceMean", {"x", "two"}), {{"keepdims", 0}, {"noop_with_empty_axes", 1}});
  set_attribute(node("Transpose", {"m"}), "perm", {1, 0});
  return model;
}

/// Graphs in graphs, a function, an input with a default, and a node that is carried.
OnnxModel nested() {
  OnnxModel model(16);
  model.input("x", {1, 2}).input("default", {-1, -1}).input("c", {1}).weight("default", {2}, {3, -1});
  model.integers("one", {1}).integers("three", {3});
  for (const char* name : {"last", "rows", "chosen", "either", "each", "called", "swirled"}) model.output(name);
  onnx::GraphProto& loop = subgraph(model.node("Loop", {"three", "", "x"}, {"last", "rows"}), "body");
  for (const char* name : {"i", "go", "held"}) loop.add_input()->set_name(name);
  set_integer(add_inner(loop, "Cast", {"i"}, {"step"}), "to", onnx::TensorProto::FLOAT);
  add_inner(loop, "Add", {"held", "step"}, {"next"}), add_inner(loop, "Mul", {"next", "next"}, {"square"});
  for (const char* name : {"go", "next", "square"}) loop.add_output()->set_name(name);
  set_integer(model.node("Cast", {"one"}, {"known"}), "to", onnx::TensorProto::BOOL);
  set_integer(model.node("Cast", {"c"}, {"live"}), "to", onnx::TensorProto::BOOL);
  for (const auto& [condition, result] : {std::pair{"known", "chosen"}, {"live", "either"}}) {
    onnx::NodeProto& branch = model.node("If", {condition}, {result});
    onnx::GraphProto& yes = subgraph(branch, "then_branch");
    add_inner(yes, "Mul", {"x", "x"}, {"r"}), yes.add_output()->set_name("r");
    onnx::GraphProto& no = subgraph(branch, "else_branch");
    add_inner(no, "Neg", {"x"}, {"q"}), no.add_output()->set_name("q");
  }
  onnx::NodeProto& scan = model.node("Scan", {"x"}, {"each"});
  set_integer(scan, "num_scan_inputs", 1);
  for (const char* kind : {"scan_input_axes", "scan_input_directions", "scan_output_axes", "scan_output_directions"})
    set_attribute(scan, kind, {1});
  onnx::GraphProto& body = subgraph(scan, "body");
  body.add_input()->set_name("e"), add_inner(body, "Exp", {"e"}, {"f"}), body.add_output()->set_name("f");
  model.proto().add_opset_import()->set_domain("my.own");
  onnx::FunctionProto& function = *model.proto().add_functions();
  function.set_domain("my.own"), function.set_name("Soft");
  function.add_input("v"), function.add_output("w"), function.add_opset_import()->set_version(16);
  onnx::NodeProto& soft = *function.add_node();
  soft.set_op_type("Softmax"), soft.add_input("v"), soft.add_output("w");
  add_attribute(soft, "axis", onnx::AttributeProto::INT).set_ref_attr_name("along");
  onnx::NodeProto& call = model.node("Soft", {"x"}, {"called"});
  call.set_domain("my.own"), set_integer(call, "along", 1);
  set_integer(model.node("Swirl", {"x", "default"}, {"swirled"}), "turns", 7);
  return model;
}

}  // namespace

std::vector<std::string> fuzz_models() {
  std::vector<std::string> models;
  for (const OnnxModel& model : {small_onnx(), branches(), shapes(), layers(), attributes(), nested()})
    models.push_back(model.bytes());
  return models;
}

}  // namespace banoff::test
