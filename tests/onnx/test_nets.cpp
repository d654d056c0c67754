// Other people's trained networks give the outputs that came with them, whichever way they are folded.
#include <onnx/onnx_pb.h>

#include <fstream>

#include "tests/onnx/onnxruntime_answers.hpp"
#include "tests/support/exact_devices.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Net {
  const char* folder;
  const char* name;
  std::size_t norms;
  double tolerance;  ///< relative to the largest output
};

constexpr Net nets[] = {{"net_cifar_resnet", "resnet20_cifar10", 19, 2e-6},
                        {"net_cifar_resnet", "resnet56_cifar10", 55, 2e-6},
                        {"net_mobilenet_v1_0.25_imagenet", "mobilenet_v1_0.25_224", 27, 5e-6},
                        {"net_fastestdet_coco", "fastestdet_coco", 70, 1e-4}};

constexpr const char* light[] = {"bvlc_alexnet", "densenet121", "inception_v1", "inception_v2", "resnet50",
                                 "shufflenet",   "squeezenet",  "vgg19",        "zfnet512"};

bool available(const char* folder) { return std::filesystem::exists(data_folder() / folder); }

/// The official runner's input: 0/n, 1/n, 2/n, …
Tensor ramp(const Shape& shape) {
  std::vector<float> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) / static_cast<float>(values.size());
  return Tensor::of<float>(shape, std::move(values));
}

}  // namespace

TEST_CASE("trained networks reproduce their reference outputs, folded by each method, on every device" *
          doctest::skip(!available("net_cifar_resnet"))) {
  for (const Net& net : nets) {
    const std::filesystem::path folder = data_folder() / net.folder;
    const std::string name = net.name;
    const Model model = Model::load(folder / (name + ".onnx"));
    const Tensors inputs{{model.inputs().at(0).name, read_npy(folder / "ref" / (name + ".in.npy"))}};
    const Tensor expected = read_npy(folder / "ref" / (name + ".out0.npy"));
    double largest = 0;
    for (const double value : expected.to_vector<double>()) largest = std::max(largest, std::abs(value));
    for (const Method method : {Method::none, Method::naive, Method::banoff, Method::optimal}) {
      FoldOptions options;
      options.method = method;
      const auto [folded, report] = model.fold(options);
      CAPTURE(name + " by " + std::string(name_of(method)));
      CHECK(report.norms.size() == net.norms);
      CHECK(report.folded() == (method == Method::none ? 0 : net.norms));
      for (const std::string& device : exact_devices()) {
        const Tensor actual = run_on(folded, device, inputs, 2).begin()->second;
        CHECK(actual.shape() == expected.shape());
        CHECK(max_difference(actual, expected) < net.tolerance * largest);
      }
    }
  }
}

TEST_CASE("ESPNet gives ONNX Runtime's scores, folded by each method" *
          doctest::skip(!available("net_espnet_cityscapes"))) {
  const std::string name = "espnet_p2_q3_cityscapes";
  const Model model = Model::load(data_folder() / "net_espnet_cityscapes" / (name + ".onnx"));
  for (const Method method : {Method::none, Method::naive, Method::banoff, Method::optimal}) {
    CAPTURE(name_of(method));
    check_answer(name, folded(model, method), "cpu", 5e-6);
  }
}

TEST_CASE("the nine light graphs give their outputs" * doctest::skip(!available("suite_onnx_light"))) {
  for (const std::string name : light) {
    CAPTURE(name);
    const std::filesystem::path folder = data_folder() / "suite_onnx_light";
    onnx::TensorProto proto;
    std::ifstream stream(folder / ("light_" + name + "_output_0.pb"), std::ios::binary);
    REQUIRE(proto.ParseFromIstream(&stream));
    std::vector<float> expected(proto.raw_data().size() / sizeof(float));
    std::memcpy(expected.data(), proto.raw_data().data(), proto.raw_data().size());
    const Model model = Model::load(folder / ("light_" + name + ".onnx"));
    const TensorInfo input = model.inputs().at(0);
    const Tensor actual = run_on(model, "cpu", {{input.name, ramp(input.shape)}}, 2).begin()->second;
    REQUIRE(actual.elements() == std::ssize(expected));
    const std::vector<float> values = actual.to_vector<float>();
    for (std::size_t i = 0; i < values.size(); ++i) REQUIRE(values[i] == doctest::Approx(expected[i]).epsilon(1e-4));
  }
}
