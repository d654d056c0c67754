#include <cstring>

#include "support.hpp"
#include "tests/files.hpp"
#include "tests/support/exact_devices.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
const std::filesystem::path classifier = source / "configs/demo/classifier.yaml";
}  // namespace

TEST_CASE("inputs and outputs can be memory of the caller, which inputs leave as it is") {
  const Model model = Model::load(classifier);
  const CompiledModel compiled = CompiledModel::compile(model);
  const Tensors inputs = model.random_inputs(5);
  const Tensor expected = Session(compiled).run(inputs).at("logits");
  std::vector<float> image = inputs.at("image").to_vector<float>();
  const std::vector<float> before = image;
  std::vector<float> logits(10);
  Session session(compiled);
  session.bind_input(0, std::as_bytes(std::span(image)));
  session.bind_output(0, std::as_writable_bytes(std::span(logits)));
  session.run();
  session.run();
  CHECK(max_difference(Tensor::of({1, 10}, logits), expected) == 0);
  CHECK(image == before);
  CHECK_THROWS_AS(session.bind_output(0, std::as_writable_bytes(std::span(logits).first(9))), Error);
}

TEST_CASE("wrong inputs are named") {
  const Model model = Model::load(classifier);
  Session session(CompiledModel::compile(model));
  const auto message = [&](const Tensors& inputs) -> std::string {
    try {
      (void)session.run(inputs);
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message({}).find("'image'") != std::string::npos);
  CHECK(message({{"picture", Tensor::of<float>({1}, {0})}}).find("'picture'") != std::string::npos);
  CHECK(message({{"image", Tensor::of<float>({1, 1, 2, 2}, {0, 0, 0, 0})}}).find("1x1x32x32") != std::string::npos);
}

TEST_CASE("inputs of every element type reach the device in the type it computes in") {
  const TemporaryFolder folder;
  for (const char* dtype : {"f16", "bf16", "f64", "u8", "i64"}) {
    CAPTURE(std::string(dtype));
    const std::string head = std::string("inputs: {x: {shape: [1, 2, 3, 3], dtype: ") + dtype + "}}\nnodes:\n";
    const auto file = folder.write("typed.yaml", head + "  - float: {op: cast, from: x, to: f32}\n  - relu: relu\n");
    LoadOptions options;
    options.random_seed = 1;
    const Model model = Model::load(file, options);
    std::vector<float> values(18);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    for (const std::string& device : exact_devices()) {
      const Tensor out = run_on(model, device, {{"x", Tensor::of<float>({1, 2, 3, 3}, values)}}).at("relu");
      CAPTURE(device);
      CHECK(max_difference(out, Tensor::of<float>({1, 2, 3, 3}, values)) == 0);
    }
  }
}

TEST_CASE("the batch is a symbol bound at load") {
  LoadOptions options;
  options.symbols["N"] = 3;
  const Model model = Model::load(classifier, options);
  const Tensors inputs = model.random_inputs(1);
  CHECK(inputs.at("image").shape() == Shape{3, 1, 32, 32});
  for (const OutputError& error :
       compare(model.reference(inputs), run_on(folded(model, Method::banoff), "cpu", inputs))) {
    CHECK(error.max_relative_error < 1e-5);
  }
}

TEST_CASE("a bounded input is as long as it is, up to its capacity") {
  const TemporaryFolder folder;
  const auto file = folder.write("rows.yaml",
                                 "inputs: {boxes: [K<=8, 4], scores: [K<=8, 2]}\n"
                                 "nodes:\n  - out: {op: nms, from: [boxes, scores], max: 5}\n");
  LoadOptions options;
  options.random_seed = 1;
  const Model model = Model::load(file, options);
  CHECK(model.outputs().at(0).bounded);
  for (const std::string& device : exact_devices()) {
    Session session(CompiledModel::compile(model, {device, 1, true}));
    const Tensors some{{"boxes", Tensor::of<float>({2, 4}, {0, 0, 9, 9, 20, 20, 30, 30})},
                       {"scores", Tensor::of<float>({2, 2}, {0.9F, 0, 0, 0.8F})}};
    const Tensor rows = session.run(some).at("out");
    CHECK(rows.shape() == Shape{2, 6});
    CHECK(rows.to_vector<float>()[4] == doctest::Approx(0.9F));
    Tensors many = some;
    many["boxes"] = Tensor::of<float>({9, 4}, std::vector<float>(36));
    CHECK_THROWS_AS((void)session.run(many), Error);
  }
}
