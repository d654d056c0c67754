// The demo nets reproduce what PyTorch computed in float64 when they were exported, folded or not, on every device.
#include "support.hpp"
#include "tests/support/exact_devices.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::filesystem::path demo = source / "configs/demo";
const std::filesystem::path expected = demo / "data/expected";

/// Calls check(outputs) for every method and device.
template <class F>
void everywhere(const std::string& net, const std::string& input, F&& check) {
  const Model model = Model::load(demo / (net + ".yaml"));
  const Tensors inputs{{model.inputs().at(0).name, read_npy(expected / input)}};
  for (const Method method : methods) {
    const Model variant = folded(model, method);
    for (const std::string& device : exact_devices()) {
      CAPTURE(std::string(name_of(method)) + " on " + device);
      check(run_on(variant, device, inputs, 2));
    }
  }
}

std::size_t folds(const std::string& net, Method method) {
  FoldOptions options;
  options.method = method;
  return Model::load(demo / (net + ".yaml")).fold(options).second.folded();
}

}  // namespace

TEST_CASE("the demo classifier") {
  everywhere("classifier", "classifier.in.npy", [](const Tensors& outputs) {
    CHECK(max_difference(outputs.at("logits"), read_npy(expected / "classifier.out.npy")) < 1e-4);
  });
}

TEST_CASE("the demo detector, decoding and suppression included") {
  everywhere("detector", "scene.in.npy", [](const Tensors& outputs) {
    CHECK(max_difference(outputs.at("detections"), read_npy(expected / "detector.out.npy")) < 1e-3);  // pixels
  });
}

TEST_CASE("the demo segmenter") {
  everywhere("segmenter", "scene.in.npy", [](const Tensors& outputs) {
    const Tensor& logits = outputs.at("logits");
    const Tensor every_fourth = read_npy(expected / "segmenter.out.npy");
    const std::vector<float> all = logits.to_vector<float>();
    std::vector<float> picked;
    const Shape& shape = logits.shape();
    for (std::int64_t c = 0; c < shape[1]; ++c) {
      for (std::int64_t y = 0; y < shape[2]; y += 4) {
        for (std::int64_t x = 0; x < shape[3]; x += 4) {
          picked.push_back(all[static_cast<std::size_t>((c * shape[2] + y) * shape[3] + x)]);
        }
      }
    }
    CHECK(max_difference(Tensor::of(every_fourth.shape(), picked), every_fourth) < 1e-3);  // of logits up to 25
  });
}

TEST_CASE("banoff folds more of every demo net than naive does") {
  CHECK(folds("classifier", Method::naive) == 13);
  CHECK(folds("classifier", Method::banoff) == 16);
  CHECK(folds("detector", Method::naive) == 23);
  CHECK(folds("detector", Method::banoff) == 28);
  CHECK(folds("segmenter", Method::naive) == 14);
  CHECK(folds("segmenter", Method::banoff) == 16);
}
