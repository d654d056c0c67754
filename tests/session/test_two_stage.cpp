// A small two-stage detector with masks: values whose number of rows is known at run time, through every kind of op.
#include "support.hpp"
#include "tests/files.hpp"
#include "tests/session/two_stage_net.hpp"
#include "tests/support/exact_devices.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Model load(const TemporaryFolder& folder, const std::string& score) {
  LoadOptions options;
  options.random_seed = 3;
  return Model::load(folder.write("detector.yaml", two_stage_net(score)), options);
}

}  // namespace

TEST_CASE("a two-stage detector finds the same on every device, however its batch norms are folded") {
  const TemporaryFolder folder;
  const Model model = load(folder, "0.1");
  const Tensors inputs = model.random_inputs(1);
  const Tensors expected = model.reference(inputs);
  const std::int64_t found = expected.at("detections").shape()[0];
  CHECK(found > 3);
  CHECK(expected.at("masks").shape() == Shape{found, 1, 12, 12});
  CHECK(expected.at("proposals").shape()[0] > 10);
  CHECK(expected.at("proposals").shape()[0] < 64);  // rows beyond the count are there, and do not show
  for (const Method method : {Method::none, Method::naive, Method::banoff, Method::optimal}) {
    const Model net = folded(model, method);
    for (const std::string& device : exact_devices()) {
      CAPTURE(std::string(name_of(method)) + " on " + device);
      for (const OutputError& error : compare(expected, run_on(net, device, inputs, 2))) {
        CAPTURE(error.name);
        CHECK(error.max_relative_error < 1e-4);
      }
    }
  }
}

TEST_CASE("every batch norm of a two-stage detector goes, those behind RoIAlign too") {
  const TemporaryFolder folder;
  const Model model = load(folder, "0.1");
  CHECK(model.fold({}).second.folded() == 6);
}

TEST_CASE("a picture with nothing on it gives no rows, and a later one gives them again") {
  const TemporaryFolder folder;
  const Model nothing = load(folder, "1.0");
  for (const std::string& device : exact_devices()) {
    CAPTURE(device);
    const Tensors out = run_on(nothing, device, nothing.random_inputs(1));
    CHECK(out.at("detections").shape() == Shape{0, 6});
    CHECK(out.at("masks").shape() == Shape{0, 1, 12, 12});
  }
  const Model model = load(folder, "0.1");
  Session session(CompiledModel::compile(model));
  const Tensors inputs = model.random_inputs(1);
  const Tensors first = session.run(inputs);
  Tensors blank = inputs;
  blank["image"] = Tensor::of<float>({1, 3, 64, 96}, std::vector<float>(3 * 64 * 96));
  (void)session.run(blank);
  for (const OutputError& error : compare(first, session.run(inputs))) CHECK(error.max_abs_error == 0);
}

TEST_CASE("on the CPU nothing of a two-stage detector is left to the reference") {
  const TemporaryFolder folder;
  const CompiledModel compiled = CompiledModel::compile(load(folder, "0.1"));
  for (const StepInfo& step : compiled.info().steps) {
    CAPTURE(step.label);
    CHECK(step.implementation != "reference");
  }
}

TEST_CASE("the values of nodes are outputs when they are asked for") {
  const TemporaryFolder folder;
  const Model model = load(folder, "0.1");
  const Model more = model.with_outputs({"pooled", "level.0.boxes", "masks"});
  CHECK(more.outputs().size() == 5);
  const Tensors inputs = model.random_inputs(1);
  const Tensors out = run_on(folded(more, Method::banoff), "cpu", inputs);
  CHECK(out.at("pooled").shape()[0] == out.at("proposals").shape()[0]);
  CHECK(max_difference(out.at("level.0.boxes"), more.reference(inputs).at("level.0.boxes")) < 1e-3);
  CHECK_THROWS_WITH_AS((void)model.with_outputs({"poled"}), doctest::Contains("'poled'"), Error);
}

TEST_CASE("a detector takes one picture at a time and says so") {
  const TemporaryFolder folder;
  LoadOptions options;
  options.random_seed = 3;
  options.shapes["image"] = Shape{2, 3, 64, 96};
  const auto file = folder.write("detector.yaml", two_stage_net("0.1"));
  CHECK_THROWS_WITH_AS((void)Model::load(file, options), doctest::Contains("fixed at 1"), Error);
}
