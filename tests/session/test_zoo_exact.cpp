// Folding changes no answer: every network of the zoo with made-up weights, small, by every method.
//
// Every fold is checked in float64 on the part of the network that it touches, and networks that the reference runs in
// time are run from end to end. Batch norms are far from the identity (made-up weights are calibrated, then gamma and
// beta drawn). Counts at full size are in test_zoo_folds.cpp.
#include <fmt/format.h>

#include <array>

#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Row {
  const char* name;
  std::int64_t side;                  ///< of the picture; 0: the network's own
  bool whole;                         ///< run from end to end; else only each fold's surroundings are
  std::array<std::size_t, 3> folded;  ///< batch norms by naive, banoff, optimal
};

// clang-format off
constexpr Row table[] = {
  {"bisenet_resnet18", 32, true, {0, 0, 0}},
  {"centernet_hourglass", 128, false, {0, 0, 0}},
  {"cifar_resnet20", 0, true, {0, 0, 0}},
  {"convnext_tiny", 32, true, {0, 0, 0}},
  {"deeplabv3_resnet50", 0, false, {0, 0, 0}},
  {"densenet121", 32, true, {0, 0, 0}},
  {"efficientdet_d0", 128, true, {0, 0, 0}},
  {"efficientdet_d7", 128, false, {0, 0, 0}},
  {"efficientnet_b0", 32, true, {0, 0, 0}},
  {"efficientnet_b1", 32, true, {0, 0, 0}},
  {"efficientnet_b5", 32, true, {0, 0, 0}},
  {"espnet_cityscapes", 32, true, {0, 0, 0}},
  {"fasterrcnn_mobilenet_v3_large_fpn", 128, false, {0, 0, 0}},
  {"fpn_resnet34", 32, true, {0, 0, 0}},
  {"ghostnet", 32, true, {0, 0, 0}},
  {"inception_resnet_v2", 80, false, {0, 0, 0}},
  {"inception_v3", 80, true, {0, 0, 0}},
  {"industrial_deep", 32, true, {0, 0, 0}},
  {"industrial_deep_relu_first", 32, true, {0, 0, 0}},
  {"industrial_shallow", 32, true, {0, 0, 0}},
  {"industrial_shallow_relu_first", 32, true, {0, 0, 0}},
  {"maskrcnn_resnet50_fpn", 128, false, {0, 0, 0}},
  {"mobilenet", 32, true, {0, 0, 0}},
  {"mobilenet_v2", 32, true, {0, 0, 0}},
  {"mobilenet_v3_large", 32, true, {0, 0, 0}},
  {"mobilenet_v3_small", 32, true, {0, 0, 0}},
  {"nasnet_mobile", 0, true, {0, 0, 0}},
  {"paper_fig2a", 0, true, {0, 0, 0}},
  {"paper_fig2b", 0, true, {0, 0, 0}},
  {"paper_fig2c", 0, true, {0, 0, 0}},
  {"paper_fig4a", 0, true, {0, 0, 0}},
  {"paper_fig4b", 0, true, {0, 0, 0}},
  {"pspnet_resnet34", 0, false, {0, 0, 0}},
  {"regnet_y_400mf", 32, true, {0, 0, 0}},
  {"resnet101", 32, true, {0, 0, 0}},
  {"resnet110_v2", 0, true, {0, 0, 0}},
  {"resnet152", 32, true, {0, 0, 0}},
  {"resnet164_v2", 0, true, {0, 0, 0}},
  {"resnet18", 32, true, {0, 0, 0}},
  {"resnet18_2classes", 32, true, {0, 0, 0}},
  {"resnet20_v1", 0, true, {0, 0, 0}},
  {"resnet20_v2", 0, true, {0, 0, 0}},
  {"resnet34", 32, true, {0, 0, 0}},
  {"resnet50", 32, true, {0, 0, 0}},
  {"resnet50_v2", 32, true, {0, 0, 0}},
  {"resnet56_v1", 0, true, {0, 0, 0}},
  {"resnet56_v2", 0, true, {0, 0, 0}},
  {"shufflenet_v2_x1_0", 32, true, {0, 0, 0}},
  {"squeezenet1_1", 32, true, {0, 0, 0}},
  {"ssdlite320_mobilenet_v3_large", 320, true, {0, 0, 0}},
  {"unet_efficientnet_b0", 32, true, {0, 0, 0}},
  {"unet_resnet34", 32, true, {0, 0, 0}},
  {"vgg16_bn", 0, false, {0, 0, 0}},
  {"xception", 72, true, {0, 0, 0}},
  {"yolov5s", 64, true, {0, 0, 0}},
  {"yolov8n", 64, true, {0, 0, 0}},
};
// clang-format on

/// Weights of float32 are rounded once more when a norm goes into them.
constexpr double tolerance = 2e-5;

}  // namespace

TEST_CASE("every network of the zoo gives the same answer folded by each method, and folds as many norms as ever") {
  constexpr std::array by{Method::naive, Method::banoff, Method::optimal};
  for (const Row& row : table) {
    CAPTURE(row.name);
    LoadOptions options;
    options.random_seed = 3;
    if (row.side > 0) options.symbols = {{"H", row.side}, {"W", row.side}};
    const Model model = Model::load(source / "configs/models" / (std::string(row.name) + ".yaml"), options);
    const Tensors inputs = model.random_inputs(4);
    const Tensors expected = row.whole ? model.reference(inputs) : Tensors{};
    std::array<std::size_t, 3> folded{};
    for (std::size_t m = 0; m < by.size(); ++m) {
      CAPTURE(name_of(by[m]));
      FoldOptions fold;
      fold.method = by[m];
      const auto [result, report] = model.fold(fold);
      folded[m] = report.folded();
      CHECK(report.max_relative_error < fold.tolerance);
      if (!row.whole) continue;
      for (const OutputError& error : compare(expected, result.reference(inputs))) {
        CAPTURE(error.name);
        CHECK(error.max_relative_error < tolerance);
      }
    }
    CHECK_MESSAGE(folded == row.folded,
                  fmt::format("\"{}\" {{{}, {}, {}}}", row.name, folded[0], folded[1], folded[2]));
  }
}
