// A published checkpoint through the converter, the loader, every folding method and every device, against outputs
// computed in float64 elsewhere.
#include <cstdlib>

#include "banoff/task/classification.hpp"
#include "banoff/task/preprocess.hpp"
#include "support.hpp"
#include "tests/files.hpp"
#include "tests/support/exact_devices.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const std::filesystem::path folder = data_folder() / "net_cifar_resnet";

bool available() {
  return std::filesystem::exists(folder / "resnet20-12fca82f.th") &&
         std::system("/usr/bin/python3 -c 'import torch' 2>/dev/null") == 0;
}

Model load(const TemporaryFolder& out) {
  const std::string weights = (out / "w.safetensors").string();
  const std::string command = "/usr/bin/python3 '" + (source / "scripts/checkpoint_to_safetensors.py").string() +
                              "' '" + (folder / "resnet20-12fca82f.th").string() + "' '" + weights + "' > /dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  LoadOptions options;
  options.weights = weights;
  return Model::load(source / "configs/models/cifar_resnet20.yaml", options);
}

}  // namespace

TEST_CASE("CIFAR ResNet-20 computes its published output to 1e-4, folded or not, on every device" *
          doctest::skip(!available())) {
  const TemporaryFolder out;
  const Model model = load(out);
  const Tensors image{{"image", read_npy(folder / "ref/resnet20_cifar10.in.npy")}};
  const Tensor expected = read_npy(folder / "ref/resnet20_cifar10.out0.npy");
  for (const Method method : methods) {
    const Model net = folded(model, method);
    for (const std::string& device : exact_devices()) {
      CAPTURE(std::string(name_of(method)) + " on " + device);
      CHECK(max_difference(run_on(net, device, image).at("logits"), expected) < 1e-4);
    }
  }
}

TEST_CASE("CIFAR ResNet-20 names all 20 sample pictures, folded or not" * doctest::skip(!available())) {
  const TemporaryFolder out;
  const Model model = load(out);
  for (const Method method : {Method::none, Method::banoff}) {
    Session session(CompiledModel::compile(folded(model, method)));
    int right = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data_folder() / "data_cifar10/foolbox")) {
      const std::string name = entry.path().stem().string();  // cifar10_NN_LABEL
      const Tensor image = preprocess(model.manifest().preprocess.at(0), read_image(entry.path())).input;
      const Tensor logits = session.run({{"image", image}}).at("logits");
      right += classify(logits, model.manifest().task).front().index == name.back() - '0' ? 1 : 0;
    }
    CHECK(right == 20);
  }
}
