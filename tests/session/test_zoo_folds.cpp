// How many batch norms of the published networks can go: the table of docs/folding.md, at full size. The choice is made
// without rewriting weights, which are not even there: it depends on the batch norms alone.
#include <fstream>
#include <iterator>
#include <random>

#include "folding/optimal/choice.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/param_specs.hpp"
#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// The network with batch-norm statistics far from the identity, and no weights.
Graph with_norms(const std::string& name, bool positive_gamma) {
  const std::filesystem::path file = source / "configs/models" / (name + ".yaml");
  std::ifstream stream(file);
  Graph graph = parse_yaml(std::string((std::istreambuf_iterator<char>(stream)), {}), file.string()).graph;
  std::mt19937_64 random(7);
  const auto between = [&](double low, double high) { return std::uniform_real_distribution(low, high)(random); };
  const std::vector<TensorType> types = infer_types(graph);
  for (const ParamUse& use : param_uses(graph, types)) {
    const Node& node = graph.node(use.node);
    if (!node.as<BatchNorm>() && !node.as<Affine>()) continue;
    std::vector<float> values(static_cast<std::size_t>(use.shape.elements()));
    for (float& value : values) {
      double drawn = between(-1, 1);
      if (use.slot == Slot::var) drawn = std::pow(10.0, drawn);
      if (use.slot == Slot::weight) drawn = std::copysign(0.3 + std::abs(drawn), positive_gamma ? 1 : drawn);
      value = static_cast<float>(drawn);
    }
    graph.set_param(use.node, use.slot, Tensor::of<float>(use.shape, std::move(values)));
  }
  return graph;
}

struct Count {
  std::size_t norms;
  bool proved;
  bool operator==(const Count&) const = default;
};

Count count(const Graph& graph, Activations activations, bool borders = false) {
  FoldOptions options;
  options.activations = activations;
  options.objective = Objective::count;
  options.borders = borders;
  const std::vector<TensorType> types = infer_types(graph);
  const gauge::Choice choice =
      gauge::choose(graph, types, gauge::candidates(graph, types, options.objective), options, {});
  return {choice.norms(), choice.selection.proved};
}

struct Row {
  const char* name;
  std::size_t norms;     ///< of which clamps let go all
  std::size_t literal;   ///< with literal activations, gamma of both signs
  std::size_t positive;  ///< with literal activations, gamma > 0
};

constexpr Row table[] = {
    {"resnet20_v2", 19, 16, 19},
    {"resnet56_v2", 55, 40, 55},
    {"resnet110_v2", 109, 76, 109},
    {"resnet164_v2", 163, 112, 163},
    {"resnet20_v1", 19, 19, 19},
    {"resnet56_v1", 55, 55, 55},
    {"mobilenet", 27, 27, 27},
    {"resnet50", 53, 53, 53},
    {"resnet101", 104, 104, 104},
    {"resnet152", 155, 155, 155},
    {"inception_v3", 94, 94, 94},
    {"inception_resnet_v2", 204, 204, 204},
    {"mobilenet_v2", 52, 52, 52},
    {"efficientnet_b0", 49, 49, 49},
    {"efficientnet_b1", 69, 69, 69},
    {"efficientnet_b5", 116, 116, 116},
    {"mobilenet_v3_small", 34, 34, 34},
    {"mobilenet_v3_large", 46, 46, 46},
    {"nasnet_mobile", 192, 192, 192},
    {"densenet121", 121, 62, 62},
    {"resnet50_v2", 49, 36, 48},
    {"unet_resnet34", 46, 46, 46},
    {"fpn_resnet34", 36, 36, 36},
    {"pspnet_resnet34", 20, 20, 20},
    {"unet_efficientnet_b0", 58, 58, 58},
    {"deeplabv3_resnet50", 60, 60, 60},
    {"bisenet_resnet18", 34, 34, 34},
    {"industrial_shallow", 5, 5, 5},
    {"industrial_shallow_relu_first", 5, 1, 1},
    {"industrial_deep", 20, 20, 20},
    {"industrial_deep_relu_first", 20, 1, 1},
    {"fasterrcnn_mobilenet_v3_large_fpn", 46, 46, 46},
    {"maskrcnn_resnet50_fpn", 53, 53, 53},
    {"ssdlite320_mobilenet_v3_large", 70, 70, 70},
    {"efficientdet_d0", 108, 108, 108},
    {"efficientdet_d7", 253, 253, 253},
    {"centernet_hourglass", 160, 160, 160},
    {"yolov5s", 57, 57, 57},
    {"yolov8n", 57, 57, 57},
};

}  // namespace

TEST_CASE("with clamps every batch norm of the published networks goes; with literal activations as many as proved") {
  for (const Row& row : table) {
    CAPTURE(row.name);
    const Graph signs = with_norms(row.name, false);
    CHECK(count(signs, Activations::clamp) == Count{row.norms, true});
    CHECK(count(signs, Activations::literal) == Count{row.literal, true});
    CHECK(count(with_norms(row.name, true), Activations::literal) == Count{row.positive, true});
  }
}

TEST_CASE("ESPNet keeps five batch norms whose channels share filters before them and behind them") {
  // The filters of d2 reach four slices of concat[d1, d2, d2 + d4, d2 + d4 + d8, ...], so these have one scale. The
  // batch norm behind gives them four, which is right only if nobody ties them again; the next module's residual sum
  // does. Two more, behind concatenations with the picture, need their shifts to cross a zero padding.
  const Graph signs = with_norms("espnet_cityscapes", false);
  CHECK(count(signs, Activations::literal) == Count{5, true});
  CHECK(count(with_norms("espnet_cityscapes", true), Activations::literal) == Count{8, true});
  CHECK(count(signs, Activations::clamp) == Count{9, true});
  CHECK(count(signs, Activations::clamp, true) == Count{11, true});
}
