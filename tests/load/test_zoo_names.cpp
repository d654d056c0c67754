// The networks of the zoo bear the parameter names of the published ones.
#include "support.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {
const std::filesystem::path source = source_dir();
}  // namespace

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
