// A published checkpoint through the converter, the loader and the reference kernels, against float64 outputs computed
// elsewhere.
#include "support.hpp"

#include <cstdlib>

using namespace banoff;
using namespace banoff::test;

namespace {

const std::filesystem::path source = BANOFF_SOURCE_DIR;

std::filesystem::path data_folder() {
  const char* given = std::getenv("BANOFF_DATA");
  return given != nullptr ? std::filesystem::path(given) : source / "../shared/data";
}

/// The float32 values of a .npy file, whose data is its last bytes.
std::vector<float> npy(const std::filesystem::path& file, std::size_t count) {
  std::ifstream stream(file, std::ios::binary);
  stream.seekg(-static_cast<std::streamoff>(count * sizeof(float)), std::ios::end);
  std::vector<float> values(count);
  stream.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(count * sizeof(float)));
  REQUIRE(stream);
  return values;
}

}  // namespace

TEST_CASE("a published CIFAR ResNet-20 checkpoint loads unchanged and computes its reference output") {
  const std::filesystem::path folder = data_folder() / "net_cifar_resnet";
  const TemporaryFolder out;
  if (!std::filesystem::exists(folder / "resnet20-12fca82f.th") ||
      std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") != 0) {
    MESSAGE("skipped: needs the checkpoint under BANOFF_DATA and PyTorch");
    return;
  }
  const std::string command = fmt::format("/usr/bin/python3 '{}' '{}' '{}' > /dev/null",
                                          (source / "scripts/checkpoint_to_safetensors.py").string(),
                                          (folder / "resnet20-12fca82f.th").string(), (out / "w.safetensors").string());
  REQUIRE(std::system(command.c_str()) == 0);
  WeightSource weights;
  weights.file = out / "w.safetensors";
  const LoadedModel model = load_model(source / "configs/models/cifar_resnet20.yaml", weights);
  const Tensor image = Tensor::of<float>({1, 3, 32, 32}, npy(folder / "ref/resnet20_cifar10.in.npy", 3 * 32 * 32));
  const auto expected = npy(folder / "ref/resnet20_cifar10.out0.npy", 10);
  const auto logits = reference::outputs<double>(model.graph, {{"image", image}}).at("logits").to_vector<double>();
  REQUIRE(logits.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(logits[i] == doctest::Approx(expected[i]).epsilon(1e-5));
}

TEST_CASE("the zoo's names and shapes are those of the published nets") {
  const auto params = [](const std::string& file) {
    std::ifstream stream(source / "configs/models" / file);
    const std::string text((std::istreambuf_iterator<char>(stream)), {});
    std::map<std::string, int> names;
    const LoadedModel model = parse_yaml(text, file);
    for (const Param& param : model.graph.params) ++names[param.name];
    return names;
  };
  const auto resnet50 = params("resnet50.yaml");
  CHECK(resnet50.size() == 53 * 5 + 2);
  for (const char* name :
       {"conv1.weight", "bn1.running_mean", "layer1.0.downsample.0.weight", "layer1.0.downsample.1.running_var",
        "layer3.5.bn3.bias", "layer4.2.conv3.weight", "fc.weight", "fc.bias"}) {
    CHECK_MESSAGE(resnet50.contains(name), name);
  }
  CHECK_FALSE(resnet50.contains("layer1.1.downsample.0.weight"));
  CHECK(params("resnet164_v2.yaml").contains("stage2.17.bn3.running_var"));
}
