#include "support.hpp"
#include "tests/source_dir.hpp"

#include <cstring>

using namespace banoff;
using namespace banoff::test;

namespace {

/// CHECKs that two graphs say the same under the same names; values by name, parameters by value.
void check_equal(const Graph& a, const Graph& b) {
  CHECK(a.name == b.name);
  REQUIRE(a.inputs.size() == b.inputs.size());
  for (std::size_t i = 0; i < a.inputs.size(); ++i) {
    CHECK(a.value(a.inputs[i].value).name == b.value(b.inputs[i].value).name);
    CHECK(a.inputs[i].dims == b.inputs[i].dims);
    CHECK(a.inputs[i].dtype == b.inputs[i].dtype);
  }
  REQUIRE(a.nodes.size() == b.nodes.size());
  for (std::size_t n = 0; n < a.nodes.size(); ++n) {
    CAPTURE(a.nodes[n].name);
    CHECK(a.nodes[n].name == b.nodes[n].name);
    CHECK(a.nodes[n].op == b.nodes[n].op);
    REQUIRE(a.nodes[n].inputs.size() == b.nodes[n].inputs.size());
    for (std::size_t i = 0; i < a.nodes[n].inputs.size(); ++i) {
      CHECK(a.value(a.nodes[n].inputs[i]).name == b.value(b.nodes[n].inputs[i]).name);
    }
    REQUIRE(a.nodes[n].params.size() == b.nodes[n].params.size());
    for (const auto& [slot, id] : a.nodes[n].params) {
      const Tensor *x = &a.param(id), *y = b.param(b.nodes[n], slot);
      REQUIRE(y != nullptr);
      CHECK(x->dtype() == y->dtype());
      CHECK(x->shape() == y->shape());
      CHECK(std::memcmp(x->data(), y->data(), x->bytes()) == 0);
    }
  }
  REQUIRE(a.outputs.size() == b.outputs.size());
  for (std::size_t i = 0; i < a.outputs.size(); ++i) {
    CHECK(a.outputs[i].name == b.outputs[i].name);
    CHECK(a.value(a.outputs[i].value).name == b.value(b.outputs[i].value).name);
  }
}

LoadedModel saved_and_loaded(const LoadedModel& model) {
  const TemporaryFolder folder;
  save_model(folder / "flat.yaml", model.graph, model.manifest);
  CHECK(folder.files() == 2);
  LoadedModel back = load_model(folder / "flat.yaml");
  check_equal(model.graph, back.graph);
  CHECK(model.manifest.preprocess == back.manifest.preprocess);
  CHECK(model.manifest.task == back.manifest.task);
  CHECK(print_yaml(model.graph, model.manifest) == print_yaml(back.graph, back.manifest));
  return back;
}

}  // namespace

TEST_CASE("a zoo net is saved flat and loads again to the same graph") {
  saved_and_loaded(load_random(source_dir() / "configs/models/cifar_resnet20.yaml", 5));
}

TEST_CASE("every kind of attribute, strange names and shared parameters survive") {
  const TemporaryFolder folder;
  write(folder / "odd.yaml", R"(name: "odd: net"
inputs: {"in put": [N, 8, 16, 16], idx: {shape: [K<=7, 4], dtype: i64}}
preprocess: {"in put": {resize: 20, crop: [16, 16], mean: 0.5, std: [1, 2, 0.1], fit: shorter}}
task: {kind: segmentation, labels: [a b, "c: d", "yes", "cost $$5"], palette: [[1, 2, 3], [0, 0, 255]]}
nodes:
  - "/conv/Conv": {op: conv, from: "in put", out: 8, kernel: [3, 1], groups: depthwise,
      padding: [[1, 1], [0, 1]], bias: true}
  - "12": {op: conv, out: 8, kernel: [3, 1], groups: 8, padding: same, bias: true,
      weights_from: {weight: /conv/Conv}}
  - twin: {op: conv, out: 8, kernel: [3, 1], groups: depthwise, padding: same_lower, bias: true,
      weights_from: /conv/Conv}
  - null_: {op: batch_norm, eps: 1.0e-3}
  - bn2: {op: batch_norm, eps: 0.1, weights_from: null_}
  - pool: {op: max_pool, kernel: 3, stride: [2, 1], padding: 1, dilation: 1, ceil_mode: true}
  - split: {axis: 1, sizes: [3, 5]}
  - sl: {op: slice, from: "split[1]", axes: [1, -1], begin: [0, -3], end: [null, -1], step: [2, 1]}
  - clip: {min: -.inf, max: 0.1}
  - relu6: relu6
  - swish: swish
  - up: {op: resize, scale: [1.5, 2], mode: linear, coordinates: asymmetric}
  - gn: {op: group_norm, groups: 1, affine: false}
  - in: {op: instance_norm, eps: 0.25}
  - low: {op: clamp, axis: -1, upper: false}
  - both: clamp
  - kinked: {axis: 1}
  - k: {op: constant, shape: [1, 3]}
outputs: {"out:1": kinked, "$$": k}
)");
  saved_and_loaded(load_random(folder / "odd.yaml", 9));
}

TEST_CASE("saving that fails leaves nothing behind, also of the weights") {
  const TemporaryFolder folder;
  const LoadedModel model = load_random(source_dir() / "configs/models/cifar_resnet20.yaml", 5);
  CHECK_MESSAGE_HAS(bad_input([&] { save_model(folder / "no/flat.yaml", model.graph, model.manifest); }), "no/flat");
  CHECK(folder.files() == 0);
}
