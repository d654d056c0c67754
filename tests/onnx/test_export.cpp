// Out and in again: the same answers.
#include "banoff/session.hpp"
#include "runtime/onnx/export.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::filesystem::path configs = std::filesystem::path(BANOFF_SOURCE_DIR) / "configs";

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
