// Folding changes no answer: every network of the zoo with made-up weights, small, by every method.
//
// Every fold is checked in float64 on the part of the network that it touches, and networks that the reference runs in
// time are run from end to end. Batch norms are far from the identity (made-up weights are calibrated, then gamma and
// beta drawn). Counts at full size are in test_zoo_folds.cpp.
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "support.hpp"
#include "tests/support/sanitized.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// How much of a network is run: from end to end, or only the surroundings of each fold.
enum class Run {
  quick,  ///< from end to end
  slow,   ///< the same, where BANOFF_SLOW_TESTS is set
  parts   ///< where BANOFF_SLOW_TESTS is set, and only the surroundings
};

struct Row {
  const char* name;
  std::int64_t side;  ///< of the picture; 0: the network's own
  Run run;
  std::array<std::size_t, 3> folded;  ///< batch norms by naive, banoff, optimal
};

// clang-format off
constexpr Row table[] = {
  {"bisenet_resnet18", 32, Run::slow, {34, 34, 34}},
  {"centernet_hourglass", 128, Run::parts, {160, 160, 160}},
  {"cifar_resnet20", 0, Run::quick, {19, 19, 19}},
  {"convnext_tiny", 32, Run::quick, {0, 0, 0}},
  {"deeplabv3_resnet50", 0, Run::parts, {60, 60, 60}},
  {"densenet121", 32, Run::slow, {59, 62, 121}},
  {"efficientdet_d0", 128, Run::slow, {108, 108, 108}},
  {"efficientdet_d7", 128, Run::parts, {253, 253, 253}},
  {"efficientnet_b0", 32, Run::quick, {49, 49, 49}},
  {"efficientnet_b1", 32, Run::slow, {69, 69, 69}},
  {"efficientnet_b5", 32, Run::slow, {116, 116, 116}},
  {"espnet_cityscapes", 32, Run::quick, {4, 5, 11}},
  {"fasterrcnn_mobilenet_v3_large_fpn", 128, Run::parts, {46, 46, 46}},
  {"fpn_resnet34", 32, Run::slow, {36, 36, 36}},
  {"ghostnet", 32, Run::quick, {80, 80, 80}},
  {"inception_resnet_v2", 80, Run::slow, {204, 204, 204}},
  {"inception_v3", 80, Run::slow, {94, 94, 94}},
  {"industrial_deep", 32, Run::slow, {20, 20, 20}},
  {"industrial_deep_relu_first", 32, Run::slow, {1, 1, 20}},
  {"industrial_shallow", 32, Run::quick, {5, 5, 5}},
  {"industrial_shallow_relu_first", 32, Run::quick, {1, 1, 5}},
  {"maskrcnn_resnet50_fpn", 128, Run::parts, {53, 53, 53}},
  {"mobilenet", 32, Run::quick, {27, 27, 27}},
  {"mobilenet_v2", 32, Run::quick, {52, 52, 52}},
  {"mobilenet_v3_large", 32, Run::quick, {46, 46, 46}},
  {"mobilenet_v3_small", 32, Run::quick, {34, 34, 34}},
  {"nasnet_mobile", 0, Run::slow, {188, 192, 192}},
  {"paper_fig2a", 0, Run::quick, {6, 6, 6}},
  {"paper_fig2b", 0, Run::quick, {2, 2, 3}},
  {"paper_fig2c", 0, Run::quick, {0, 1, 1}},
  {"paper_fig4a", 0, Run::quick, {0, 1, 1}},
  {"paper_fig4b", 0, Run::quick, {0, 0, 0}},
  {"pspnet_resnet34", 0, Run::parts, {20, 20, 20}},
  {"regnet_y_400mf", 32, Run::quick, {53, 53, 53}},
  {"resnet101", 32, Run::slow, {104, 104, 104}},
  {"resnet110_v2", 0, Run::slow, {73, 76, 109}},
  {"resnet152", 32, Run::slow, {155, 155, 155}},
  {"resnet164_v2", 0, Run::slow, {109, 112, 163}},
  {"resnet18", 32, Run::slow, {20, 20, 20}},
  {"resnet18_2classes", 32, Run::slow, {20, 20, 20}},
  {"resnet20_v1", 0, Run::quick, {19, 19, 19}},
  {"resnet20_v2", 0, Run::quick, {13, 16, 19}},
  {"resnet34", 32, Run::slow, {36, 36, 36}},
  {"resnet50", 32, Run::slow, {53, 53, 53}},
  {"resnet50_v2", 32, Run::slow, {32, 36, 49}},
  {"resnet56_v1", 0, Run::slow, {55, 55, 55}},
  {"resnet56_v2", 0, Run::quick, {37, 40, 55}},
  {"shufflenet_v2_x1_0", 32, Run::quick, {56, 56, 56}},
  {"squeezenet1_1", 32, Run::quick, {0, 0, 0}},
  {"ssdlite320_mobilenet_v3_large", 320, Run::slow, {70, 70, 70}},
  {"unet_efficientnet_b0", 32, Run::slow, {58, 58, 58}},
  {"unet_resnet34", 32, Run::slow, {46, 46, 46}},
  {"vgg16_bn", 0, Run::parts, {13, 13, 13}},
  {"xception", 72, Run::slow, {40, 40, 40}},
  {"yolov5s", 64, Run::slow, {57, 57, 57}},
  {"yolov8n", 64, Run::quick, {57, 57, 57}},
};
// clang-format on

/// The folds themselves hold to 1e-9. Folded weights are then rounded to float32 (6e-8), which a deep network with
/// made-up weights on a picture of few pixels magnifies up to a thousandfold.
constexpr double tolerance = 2e-4;

/// Sanitizers look for mistakes that any network shows: the smallest will do.
bool wanted(const Row& row) {
  if (std::getenv("BANOFF_SLOW_TESTS") != nullptr) return true;
  return row.run == Run::quick && !(address_sanitizer && row.side != 0);
}

}  // namespace

TEST_CASE("every network of the zoo gives the same answer folded by each method, and folds as many norms as ever") {
  constexpr std::array by{Method::naive, Method::banoff, Method::optimal};
  for (const Row& row : table) {
    CAPTURE(std::string(row.name));
    if (!wanted(row)) continue;
    const bool whole = row.run != Run::parts;
    LoadOptions options;
    options.random_seed = 3;
    if (row.side > 0) options.symbols = {{"H", row.side}, {"W", row.side}};
    const Model model = Model::load(source / "configs/models" / (std::string(row.name) + ".yaml"), options);
    const Tensors inputs = model.random_inputs(4);
    const Tensors expected = whole ? model.reference(inputs) : Tensors{};
    std::array<std::size_t, 3> folded{};
    for (std::size_t m = 0; m < by.size(); ++m) {
      CAPTURE(name_of(by[m]));
      FoldOptions fold;
      fold.method = by[m];
      fold.activations = Activations::clamp;
      fold.objective = Objective::count;
      const auto [result, report] = model.fold(fold);
      folded[m] = report.folded();
      CHECK(report.max_relative_error < fold.tolerance);
      if (!whole) continue;
      for (const OutputError& error : compare(expected, result.reference(inputs))) {
        CAPTURE(error.name);
        CHECK(error.max_relative_error < tolerance);
      }
    }
    CHECK_MESSAGE(folded == row.folded,
                  fmt::format("\"{}\" {{{}, {}, {}}}", row.name, folded[0], folded[1], folded[2]));
  }
}
