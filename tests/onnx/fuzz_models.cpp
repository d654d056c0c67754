#include "tests/onnx/fuzz_models.hpp"

#include <array>

#include "runtime/load/random.hpp"
#include "tests/onnx/onnx_model.hpp"

namespace banoff::test {
namespace {

using Integers = std::vector<std::int64_t>;

onnx::AttributeProto& attribute(onnx::NodeProto& node, const std::string& name,
                                onnx::AttributeProto::AttributeType type) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(type);
  return added;
}
void set_integer(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
  attribute(node, name, onnx::AttributeProto::INT).set_i(value);
}
void set_number(onnx::NodeProto& node, const std::string& name, float value) {
  attribute(node, name, onnx::AttributeProto::FLOAT).set_f(value);
}
void set_word(onnx::NodeProto& node, const std::string& name, const std::string& value) {
  attribute(node, name, onnx::AttributeProto::STRING).set_s(value);
}

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

constexpr std::array ops{"Conv",
                         "Add",
                         "Mul",
                         "Relu",
                         "MaxPool",
                         "Reshape",
                         "Concat",
                         "Slice",
                         "Transpose",
                         "Resize",
                         "Pad",
                         "Gemm",
                         "MatMul",
                         "Shape",
                         "Split",
                         "Clip",
                         "Squeeze",
                         "Flatten",
                         "Cast",
                         "Softmax",
                         "Sum",
                         "If",
                         "Gather",
                         "Where",
                         "ReduceMean",
                         "Expand",
                         "TopK",
                         "Upsample",
                         "ConstantOfShape",
                         "NonMaxSuppression"};
constexpr std::array<std::int64_t, 14> odd_integers{
    0,         1,         -1, 2, 3, 7, 255, 65536, std::int64_t{1} << 31, std::int64_t{1} << 33, std::int64_t{1} << 62,
    INT64_MAX, INT64_MIN, -2};

class Damage {
 public:
  explicit Damage(std::uint64_t seed) : random_(seed, "onnx") {}

  std::size_t below(std::size_t n) { return static_cast<std::size_t>(random_.next() % n); }

  void bytes(std::string& text) {
    if (text.empty()) return;
    const std::size_t at = below(text.size());
    switch (below(4)) {
      case 0: text[at] = static_cast<char>(random_.next()); break;
      case 1: text.erase(at, 1 + below(8)); break;
      case 2: text.insert(at, text.substr(below(text.size()), 1 + below(16))); break;
      default: text[at] = static_cast<char>(text[at] ^ (1 << below(8))); break;
    }
  }

  void fields(onnx::ModelProto& model) {
    onnx::GraphProto& graph = *model.mutable_graph();
    switch (below(6)) {
      case 0: tensor(graph); break;
      case 1: input(graph); break;
      case 2: model.mutable_opset_import(0)->set_version(static_cast<std::int64_t>(7 + below(20))); break;
      default: node(graph); break;
    }
  }

 private:
  std::int64_t odd() { return odd_integers[below(odd_integers.size())]; }

  template <class Repeated>
  int any(const Repeated& of) {
    return static_cast<int>(below(static_cast<std::size_t>(of.size())));
  }

  /// A name that occurs in the graph, or none.
  std::string name(const onnx::GraphProto& graph) {
    const onnx::NodeProto& from = graph.node(any(graph.node()));
    if (below(4) == 0) return "";
    return below(2) == 0 && from.input_size() > 0 ? from.input(any(from.input())) : from.output(any(from.output()));
  }

  void node(onnx::GraphProto& graph) {
    if (graph.node_size() == 0) return;
    onnx::NodeProto& one = *graph.mutable_node(any(graph.node()));
    switch (below(7)) {
      case 0: one.set_op_type(ops[below(ops.size())]); break;
      case 1:
        if (one.input_size() > 0) one.set_input(any(one.input()), name(graph));
        break;
      case 2: one.add_input(name(graph)); break;
      case 3:
        if (one.input_size() > 0) one.mutable_input()->RemoveLast();
        break;
      case 4: graph.mutable_node()->SwapElements(any(graph.node()), any(graph.node())); break;
      case 5: one.add_output(name(graph)); break;
      default: attribute_of(one); break;
    }
  }

  void attribute_of(onnx::NodeProto& node) {
    if (node.attribute_size() == 0) return;
    onnx::AttributeProto& one = *node.mutable_attribute(any(node.attribute()));
    if (one.ints_size() > 0 && below(3) > 0) one.set_ints(any(one.ints()), odd());
    else if (one.ints_size() > 0) one.add_ints(odd());
    else if (below(3) == 0) one.set_type(static_cast<onnx::AttributeProto::AttributeType>(1 + below(8)));
    else one.set_i(odd()), one.set_f(static_cast<float>(odd()));
  }

  void tensor(onnx::GraphProto& graph) {
    if (graph.initializer_size() == 0) return;
    onnx::TensorProto& one = *graph.mutable_initializer(any(graph.initializer()));
    switch (below(5)) {
      case 0: one.set_data_type(static_cast<int>(below(17))); break;
      case 1:
        if (one.dims_size() > 0) one.set_dims(any(one.dims()), odd());
        break;
      case 2: one.add_dims(odd()); break;
      case 3:
        if (one.int64_data_size() > 0) one.set_int64_data(any(one.int64_data()), odd());
        break;
      default: one.set_raw_data(std::string(below(64), '\x7f')); break;
    }
  }

  void input(onnx::GraphProto& graph) {
    if (graph.input_size() == 0) return;
    auto& type = *graph.mutable_input(any(graph.input()))->mutable_type()->mutable_tensor_type();
    if (below(3) == 0) type.set_elem_type(static_cast<int>(below(17)));
    else if (type.shape().dim_size() > 0)
      type.mutable_shape()->mutable_dim(any(type.shape().dim()))->set_dim_value(odd());
  }

  Random random_;
};

}  // namespace

std::vector<std::string> fuzz_models() {
  std::vector<std::string> models;
  for (const OnnxModel& model : {small_onnx(), branches(), shapes(), layers()}) models.push_back(model.bytes());
  return models;
}

std::string damaged_model(const std::vector<std::string>& models, std::uint64_t seed) {
  Damage damage(seed);
  std::string bytes = models[damage.below(models.size())];
  const bool structured = damage.below(2) == 0;
  onnx::ModelProto model;
  if (structured && model.ParseFromString(bytes)) {
    for (std::size_t edits = 1 + damage.below(4); edits > 0; --edits) damage.fields(model);
    return model.SerializeAsString();
  }
  for (std::size_t edits = 1 + damage.below(4); edits > 0; --edits) damage.bytes(bytes);
  return bytes;
}

}  // namespace banoff::test
