// The networks of configs/models are those of the literature: batch norms, parameters and work as published.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "runtime/graph/flops.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/param_specs.hpp"
#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Row {
  const char* name;
  std::int64_t norms;
  std::int64_t trainable;  ///< parameters without running means and variances: what PyTorch calls parameters
  std::int64_t total;      ///< with them: what Keras calls parameters
  double published_macs;   ///< in millions, at the file's default size; 0: no figure to hold it against
};

// The parameters are torchvision's num_params and Keras's count_params(); GhostNet's, BiSeNet's and the CIFAR nets'
// were counted on an implementation of each, U-Net's, FPN's and PSPNet's on segmentation_models_pytorch, ESPNet's on
// the authors' weights. The multiplications are torchvision's GFLOPS and, of MobileNet, NASNet and GhostNet, the
// papers'. inception_v3 and deeplabv3_resnet50 are counted without the auxiliary classifier, U-Net and PSPNet without
// the parts of the encoder that they do not compute. Keras's Inception-ResNet v2 has 55,873,736: its 30,272 batch-
// normed channels have no gamma there, and its residuals' 45,760 channels one factor for each block. Nobody else has
// the industrial nets and those of norms. torchvision's num_params of the two R-CNNs, 19,386,354 and 44,401,393, leave
// out gamma and beta of their batch norms (24,400 and 53,120), which are frozen there. EfficientDet's are effdet's, the
// multiplications its paper's; CenterNet's the authors', without the heads of the first stack (1,791,828), which serve
// training; YOLO's, and their GFLOPS, Ultralytics's, beside which YOLOv5 stores its 18 anchors.
constexpr Row zoo[] = {
    {"bisenet_resnet18", 34, 13'275'539, 13'289'107, 0},
    {"centernet_hourglass", 160, 191'284'008 - 1'791'828, 189'609'684, 0},
    {"cifar_resnet20", 19, 269'722, 271'098, 0},
    {"convnext_tiny", 0, 28'589'128, 28'589'128, 4456},
    {"deeplabv3_resnet50", 60, 42'004'074 - 2'365'205, 39'695'573, 178'722 - 9'991},
    {"densenet121", 121, 7'978'856, 8'062'504, 2834},
    {"efficientdet_d0", 108, 3'880'067, 3'927'203, 2540},
    {"efficientdet_d7", 253, 51'871'782, 52'183'766, 325000},
    {"efficientnet_b0", 49, 5'288'548, 5'330'564, 386},
    {"efficientnet_b1", 69, 7'794'184, 7'856'232, 687},
    {"efficientnet_b5", 116, 30'389'784, 30'562'520, 10266},
    {"espnet_cityscapes", 16, 202'649, 205'141, 0},
    {"fasterrcnn_mobilenet_v3_large_fpn", 46, 19'410'754, 19'435'154, 0},
    {"fpn_resnet34", 36, 23'157'715, 23'174'739, 0},
    {"ghostnet", 80, 5'182'508, 5'204'476, 141},
    {"inception_resnet_v2", 204, 55'813'192 + 30'272 + 45'760, 55'873'736 + 30'272 + 45'760, 0},
    {"inception_v3", 94, 23'834'568, 23'869'000, 5713},
    {"industrial_deep", 20, 5'385'770, 5'392'042, 0},
    {"industrial_deep_relu_first", 20, 5'385'770, 5'392'042, 0},
    {"industrial_shallow", 5, 70'826, 71'242, 0},
    {"industrial_shallow_relu_first", 5, 70'826, 71'242, 0},
    {"maskrcnn_resnet50_fpn", 53, 44'454'513, 44'507'633, 0},
    {"mobilenet", 27, 4'231'976, 4'253'864, 569},
    {"mobilenet_v2", 52, 3'504'872, 3'538'984, 301},
    {"mobilenet_v3_large", 46, 5'483'032, 5'507'432, 217},
    {"mobilenet_v3_small", 34, 2'542'856, 2'554'968, 57},
    {"nasnet_mobile", 192, 5'289'978, 5'326'716, 564},
    {"norms_large", 32, 135'168, 139'264, 0},
    {"norms_small", 32, 2'560, 3'072, 0},
    {"pspnet_resnet34", 20, 1'584'179, 1'588'595, 0},
    {"regnet_y_400mf", 53, 4'344'144, 4'371'296, 402},
    {"resnet101", 104, 44'549'160, 44'654'504, 7801},
    {"resnet110_v2", 109, 3'302'442, 3'323'210, 0},
    {"resnet152", 155, 60'192'808, 60'344'232, 11514},
    {"resnet164_v2", 163, 4'941'546, 4'972'682, 0},
    {"resnet18", 20, 11'689'512, 11'699'112, 1814},
    {"resnet18_2classes", 20, 11'177'538, 11'187'138, 1814},
    {"resnet20_v1", 19, 273'066, 274'442, 0},
    {"resnet20_v2", 19, 570'602, 574'090, 0},
    {"resnet34", 36, 21'797'672, 21'814'696, 3664},
    {"resnet50", 53, 25'557'032, 25'610'152, 4089},
    {"resnet50_v2", 49, 25'568'360, 25'613'800, 0},
    {"resnet56_v1", 55, 857'706, 861'770, 0},
    {"resnet56_v2", 55, 1'663'338, 1'673'738, 0},
    {"shufflenet_v2_x1_0", 56, 2'278'604, 2'294'784, 145},
    {"squeezenet1_1", 0, 1'235'496, 1'235'496, 349},
    {"ssdlite320_mobilenet_v3_large", 70, 3'440'060, 3'473'004, 0},
    {"unet_efficientnet_b0", 58, 5'841'919, 5'883'359, 0},
    {"unet_resnet34", 46, 24'438'979, 24'457'987, 0},
    {"vgg16_bn", 13, 138'365'992, 138'374'440, 15470},
    {"xception", 40, 22'855'952, 22'910'480, 0},
    {"yolov5s", 57, 7'235'389 + 18, 7'254'397 + 18, 8250},
    {"yolov8n", 57, 3'157'200, 3'167'792, 4350},
};

struct Counts {
  std::int64_t norms = 0, trainable = 0, total = 0, macs = 0;
};

/// Counts from shapes alone: no weight is made.
Counts counts_of(const std::filesystem::path& file) {
  std::ifstream stream(file);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  const Graph graph = parse_yaml(text, file.string()).graph;
  const std::vector<TensorType> types = infer_types(graph);
  const auto types_of = [&](const std::vector<ValueId>& values) {
    std::vector<TensorType> found;
    for (const ValueId value : values) found.push_back(types[static_cast<std::size_t>(value)]);
    return found;
  };
  Counts counts;
  for (const ParamUse& use : param_uses(graph, types)) {
    const bool statistic = use.slot == Slot::mean || use.slot == Slot::var;
    counts.total += use.shape.elements();
    counts.trainable += statistic ? 0 : use.shape.elements();
  }
  for (const Node& node : graph.nodes) {
    counts.norms += node.as<BatchNorm>() != nullptr ? 1 : 0;
    const bool multiplies = node.as<Conv>() != nullptr || node.as<Dense>() != nullptr;
    if (multiplies) counts.macs += flops(node, types_of(node.inputs), types_of(node.outputs)) / 2;
  }
  return counts;
}

}  // namespace

TEST_CASE("the networks of the zoo have the published numbers of batch norms, parameters and multiplications") {
  for (const Row& row : zoo) {
    CAPTURE(std::string(row.name));
    const Counts counts = counts_of(source / "configs/models" / (std::string(row.name) + ".yaml"));
    CHECK(counts.norms == row.norms);
    CHECK(counts.trainable == row.trainable);
    CHECK(counts.total == row.total);
    if (row.published_macs > 0) {
      CHECK(static_cast<double>(counts.macs) * 1e-6 == doctest::Approx(row.published_macs).epsilon(0.02));
    }
  }
}

TEST_CASE("every network file has a row in the table; the paper's figures have a test of their own") {
  for (const auto& entry : std::filesystem::directory_iterator(source / "configs/models")) {
    if (entry.path().extension() != ".yaml") continue;  // labels
    const std::string name = entry.path().stem().string();
    const bool listed = std::any_of(std::begin(zoo), std::end(zoo), [&](const Row& row) { return name == row.name; });
    CHECK_MESSAGE((listed || name.starts_with("paper_")), name);
  }
}
