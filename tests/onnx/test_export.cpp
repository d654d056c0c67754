// Out and in again: the same answers.
#include <fmt/ranges.h>

#include <cstdlib>
#include <set>

#include "banoff/session.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/onnx/import.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/op_cases/op_cases.hpp"
#include "tests/source_dir.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::filesystem::path configs = source_dir() / "configs";

Model load(const std::filesystem::path& file) {
  LoadOptions options;
  options.random_seed = 7;
  if (file.string().find("demo") != std::string::npos) options.random_seed.reset();
  return Model::load(file, options);
}

void check_round_trip(const Model& model, const std::filesystem::path& file) {
  model.save(file);
  const Model back = Model::load(file);
  const Tensors x = model.random_inputs(3);
  for (const OutputError& error : compare(model.reference(x), back.reference(x))) {
    CAPTURE(error.name);
    CHECK(error.max_relative_error < 1e-5);
  }
}

}  // namespace

TEST_CASE("networks written as ONNX compute the same when read again, folded with and without clamps") {
  const TemporaryFolder folder;
  for (const char* name : {"demo/classifier.yaml", "demo/segmenter.yaml", "models/resnet20_v2.yaml"}) {
    CAPTURE(name);
    const Model model = load(configs / name);
    check_round_trip(model, folder / "unfolded.onnx");
    for (const Activations activations : {Activations::literal, Activations::clamp}) {
      FoldOptions options;
      options.activations = activations;
      options.objective = Objective::count;
      check_round_trip(model.fold(options).first, folder / "folded.onnx");
    }
  }
}

TEST_CASE("what has no ONNX form is left out with all behind it, and what it read becomes an output") {
  const TemporaryFolder folder;
  const Model detector = load(configs / "demo/detector.yaml");
  CHECK(input_error([&] { (void)detector.save(folder / "whole.onnx"); }).find("no ONNX operator") != std::string::npos);
  const auto [part, without] = detector.part_with_onnx_form();
  CHECK_FALSE(without.empty());
  CHECK(part.outputs().size() > 1);
  CHECK(std::ranges::none_of(part.outputs(), [](const TensorInfo& output) { return output.name == "detections"; }));
  check_round_trip(part, folder / "part.onnx");
  CHECK(Model::load(folder / "part.onnx").manifest().preprocess.size() == 1);  // pictures come in as before
  // The same values, whatever is folded: outputs in the same order.
  const auto folded = detector.fold({}).first.part_with_onnx_form().first;
  const Tensors x = part.random_inputs(3);
  const Tensors expected = part.reference(x), actual = folded.reference(x);
  REQUIRE(folded.outputs().size() == part.outputs().size());
  for (std::size_t i = 0; i < part.outputs().size(); ++i) {
    const Tensors one{{"", expected.at(part.outputs()[i].name)}}, other{{"", actual.at(folded.outputs()[i].name)}};
    CHECK(compare(one, other).front().max_relative_error < 1e-5);
  }
  const Model classifier = load(configs / "demo/classifier.yaml");
  CHECK(classifier.part_with_onnx_form().second.empty());
}

TEST_CASE("names of inputs and outputs survive, and the written file is whole or absent") {
  const TemporaryFolder folder;
  const Model model = Model::load(small_onnx().write(folder));
  model.fold({}).first.save(folder / "out.onnx");
  onnx::ModelProto proto;
  std::ifstream stream(folder / "out.onnx", std::ios::binary);
  REQUIRE(proto.ParseFromIstream(&stream));
  CHECK(proto.graph().input(0).name() == "x");
  CHECK(proto.graph().output(0).name() == "y");
  for (const onnx::NodeProto& node : proto.graph().node()) CHECK(node.op_type() != "BatchNormalization");
  CHECK_THROWS_AS(model.save(folder / "no such folder" / "out.onnx"), Error);
}

TEST_CASE("a batch without a size stays one, through shape arithmetic, folding and back") {
  const TemporaryFolder folder;
  OnnxModel made = small_onnx();
  made.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(0)->set_dim_param(
      "pictures");
  made.graph().mutable_node(2)->set_output(0, "r");
  made.integers("first", {0}).integers("one", {1}).integers("rest", {-1});
  made.node("Shape", {"r"}, {"shape"});
  made.node("Slice", {"shape", "first", "one"}, {"batch"});
  onnx::NodeProto& joined = made.node("Concat", {"batch", "rest"}, {"wanted"});
  onnx::AttributeProto& axis = *joined.add_attribute();
  axis.set_name("axis"), axis.set_type(onnx::AttributeProto::INT), axis.set_i(0);
  made.node("Reshape", {"r", "wanted"}, {"y"});
  const std::filesystem::path file = made.write(folder);
  Model::load(file).fold({}).first.save(folder / "folded.onnx");

  onnx::ModelProto proto;
  std::ifstream stream(folder / "folded.onnx", std::ios::binary);
  REQUIRE(proto.ParseFromIstream(&stream));
  const auto dim = [](const onnx::ValueInfoProto& value, int i) { return value.type().tensor_type().shape().dim(i); };
  CHECK(dim(proto.graph().input(0), 0).dim_param() == "pictures");
  CHECK(dim(proto.graph().output(0), 0).dim_param() == "pictures");
  CHECK(dim(proto.graph().output(0), 1).dim_value() == 75);

  LoadOptions three;
  three.symbols["pictures"] = 3;
  const Model original = Model::load(file, three), folded = Model::load(folder / "folded.onnx", three);
  const Tensors x = original.random_inputs(5);
  CHECK(x.at("x").shape() == Shape{3, 2, 5, 5});
  CHECK(compare(original.reference(x), folded.reference(x)).at(0).max_relative_error < 1e-6);
}

/// For scripts/check_export.py: ONNX Runtime has most operators for floats of 32 bits only.
void keep_as_f32(Graph graph, const std::filesystem::path& file) {
  for (GraphInput& input : graph.inputs)
    if (input.dtype == DType::f64) input.dtype = DType::f32;
  save_onnx(file, graph, infer_types(graph));
}

TEST_CASE("every op with an ONNX form computes what PyTorch does after it was written and read again") {
  const TemporaryFolder folder;
  std::set<std::string> refused;
  for (const OpCase& op_case : load_op_cases()) {
    CAPTURE(op_case.name);
    const std::filesystem::path file = folder / "case.onnx";
    try {
      save_onnx(file, op_case.graph, infer_types(op_case.graph));
    } catch (const Error& error) {
      REQUIRE(error.kind() == ErrorKind::bad_input);
      refused.emplace(row_of(op_case.graph.nodes[0].op).name);
      continue;
    }
    if (const char* kept = std::getenv("BANOFF_EXPORTED"))
      keep_as_f32(op_case.graph, std::filesystem::path(kept) / (op_case.name + ".onnx"));
    const auto read_again = [&] { return load_onnx(file, reference::compute<double>).graph; };
    CHECK(error_of(op_case, reference::outputs<double>(read_again(), op_case.inputs)) <= 1e-6);
  }
  // Of pools those whose bins differ in size.
  CHECK(fmt::format("{}", fmt::join(refused, " ")) ==
        "adaptive_avg_pool anchors cumulative_prod decode_boxes nms pick_channel roi_align");
}
