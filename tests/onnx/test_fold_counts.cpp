// How many batch norms of other people's trained networks go, by method, and why the others stay (docs/onnx.md).
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Folded by naive, banoff, optimal with literal activations, with clamps and padding values, and with clamps alone.
struct Net {
  const char* file;
  std::size_t norms, naive, banoff, literal, most, clamp;
};

const Net nets[] = {
    {"net_cifar_resnet/resnet20_cifar10", 19, 19, 19, 19, 19, 19},
    {"net_cifar_resnet/resnet56_cifar10", 55, 55, 55, 55, 55, 55},
    {"net_mobilenet_v1_0.25_imagenet/mobilenet_v1_0.25_224", 27, 27, 27, 27, 27, 27},
    {"net_fastestdet_coco/fastestdet_coco", 70, 70, 70, 70, 70, 70},
    {"net_fastestdet_coco/FastestDet_author_fused", 0, 0, 0, 0, 0, 0},
    {"net_espnet_cityscapes/espnet_p2_q3_cityscapes", 16, 4, 5, 6, 10, 8},
};

Model load(const Net& net) { return Model::load(data_folder() / (net.file + std::string(".onnx"))); }

/// By count, whatever it costs: what pays is another question on every device.
FoldReport fold(const Model& model, Method method, Activations activations = Activations::clamp, bool borders = true) {
  FoldOptions options;
  options.method = method;
  options.activations = activations;
  options.objective = Objective::count;
  options.borders = borders;
  return model.fold(options).second;
}

bool available() { return std::filesystem::exists(data_folder() / "net_espnet_cityscapes"); }

}  // namespace

TEST_CASE("trained networks lose as many batch norms as docs/onnx.md says" * doctest::skip(!available())) {
  for (const Net& net : nets) {
    CAPTURE(net.file);
    const Model model = load(net);
    const FoldReport naive = fold(model, Method::naive);
    CHECK(naive.norms.size() == net.norms);
    CHECK(naive.folded() == net.naive);
    CHECK(fold(model, Method::banoff).folded() == net.banoff);
    CHECK(fold(model, Method::optimal, Activations::literal, false).folded() == net.literal);
    CHECK(fold(model, Method::optimal).folded() == net.most);
    CHECK(fold(model, Method::optimal, Activations::clamp, false).folded() == net.clamp);
  }
}

TEST_CASE("what stays in ESPNet stays for the reasons that docs/onnx.md gives" * doctest::skip(!available())) {
  const FoldReport report = fold(load(nets[5]), Method::optimal);
  std::map<std::string, Blocker> left;
  for (const FoldedNorm& norm : report.norms) {
    if (!norm.folded) left[norm.name] = norm.blocker;
  }
  const std::map<std::string, Blocker> expected{
      {"encoder.level2_0.bn", Blocker::conflict},    {"encoder.level2.0.bn.bn", Blocker::conflict},
      {"encoder.level3_0.bn", Blocker::conflict},    {"encoder.level3.0.bn.bn", Blocker::conflict},
      {"encoder.level3.1.bn.bn", Blocker::conflict}, {"encoder.b3.bn", Blocker::amplification},
  };
  CHECK(left == expected);
}
