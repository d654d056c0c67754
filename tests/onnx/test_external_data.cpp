// Data beside a model: read where it is the model's, refused where it is anybody else's.
#include "banoff/session.hpp"
#include "tests/onnx/onnx_model.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

namespace fs = std::filesystem;

void set_entry(onnx::TensorProto& tensor, const std::string& key, const std::string& value) {
  auto& entry = *tensor.add_external_data();
  entry.set_key(key);
  entry.set_value(value);
}

/// y = x + w, where w is [2] and lies at `offset` of a file.
OnnxModel sum_with(const std::string& location, std::size_t offset = 0) {
  OnnxModel model;
  model.input("x", {2}).output("y").weight("w", {2}, {});
  onnx::TensorProto& weight = *model.graph().mutable_initializer(0);
  weight.set_data_location(onnx::TensorProto::EXTERNAL);
  set_entry(weight, "location", location);
  set_entry(weight, "offset", std::to_string(offset));
  set_entry(weight, "length", "8");
  model.node("Add", {"x", "w"}, {"y"});
  return model;
}

/// The bytes of 3 and 5, behind `before` others.
std::string numbers(std::size_t before = 0) {
  const float values[] = {3, 5};
  return std::string(before, '\1') + std::string(reinterpret_cast<const char*>(values), sizeof values);
}

std::vector<double> answer(const fs::path& model) {
  return Model::load(model).reference({{"x", Tensor::of<float>({2}, {1, 1})}}).at("y").to_vector<double>();
}
const std::vector<double> right{4, 6};

std::string refusal(const fs::path& model) {
  return input_error([&] { load_to_run(model); });
}
bool is_refused(const fs::path& model) {
  return refusal(model).find("not a file in the model's folder") != std::string::npos;
}

}  // namespace

TEST_CASE("data in the model's folder or below is read, at any offset") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "below");
  folder.write("w.bin", numbers());
  folder.write("below/w.bin", numbers(3));
  CHECK(answer(sum_with("w.bin").write(folder)) == right);
  CHECK(answer(sum_with("below/w.bin", 3).write(folder)) == right);
  CHECK(refusal(sum_with("w.bin", 1).write(folder)).find("bytes 1 and 8 more, of 8") != std::string::npos);
}

TEST_CASE("a model and its data that are links into one folder of blobs load") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "blobs");
  fs::create_directories(folder / "snapshots/1");
  folder.write("blobs/aaaa", sum_with("net.onnx_data").bytes());
  folder.write("blobs/bbbb", numbers());
  fs::create_symlink("../../blobs/aaaa", folder / "snapshots/1/net.onnx");
  fs::create_symlink("../../blobs/bbbb", folder / "snapshots/1/net.onnx_data");
  CHECK(answer(folder / "snapshots/1/net.onnx") == right);
  // By way of a link to the folder of links.
  fs::create_directory_symlink("snapshots/1", folder / "current");
  CHECK(answer(folder / "current/net.onnx") == right);
}

TEST_CASE("data beside the file that a model is a link to loads") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "store");
  folder.write("store/net.onnx", sum_with("w.bin").bytes());
  folder.write("store/w.bin", numbers());
  fs::create_symlink("store/net.onnx", folder / "net.onnx");
  CHECK(answer(folder / "net.onnx") == right);
}

TEST_CASE("absolute paths, paths that go up and links that lead elsewhere are refused") {
  const TemporaryFolder folder;
  fs::create_directories(folder / "models/below");
  fs::create_directories(folder / "blobs");
  folder.write("secret.bin", numbers());
  folder.write("models/w.bin", numbers());
  fs::create_symlink("../secret.bin", folder / "models/link.bin");
  fs::create_directory_symlink("..", folder / "models/up");
  const auto write = [&](const std::string& location) {
    return folder.write("models/net.onnx", sum_with(location).bytes());
  };
  for (const std::string& location :
       {(folder / "secret.bin").string(), (folder / "models/w.bin").string(), std::string("../secret.bin"),
        std::string("below/../w.bin"), std::string("link.bin"), std::string("up/secret.bin"), std::string("."),
        std::string(), std::string("none.bin")}) {
    CAPTURE(location);
    CHECK(is_refused(write(location)));
  }
  // A link to the model widens nothing but to the folder that the file itself lies in.
  folder.write("blobs/aaaa", sum_with("link.bin").bytes());
  fs::create_symlink("../blobs/aaaa", folder / "models/linked.onnx");
  CHECK(is_refused(folder / "models/linked.onnx"));
}

TEST_CASE("the value of ConstantOfShape is read from the model's folder, not from where the program runs") {
  const TemporaryFolder folder;
  fs::create_directory(folder / "models");
  folder.write("w.bin", numbers());
  OnnxModel model;
  model.input("x", {2}).output("y").integers("size", {2});
  onnx::AttributeProto& value = *model.node("ConstantOfShape", {"size"}, {"w"}).add_attribute();
  value.set_name("value");
  value.set_type(onnx::AttributeProto::TENSOR);
  value.mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
  value.mutable_t()->add_dims(1);
  value.mutable_t()->set_data_location(onnx::TensorProto::EXTERNAL);
  set_entry(*value.mutable_t(), "location", "w.bin");
  set_entry(*value.mutable_t(), "length", "4");
  model.node("Add", {"x", "w"}, {"y"});
  const fs::path file = folder.write("models/net.onnx", model.bytes());
  const fs::path home = fs::current_path();
  fs::current_path(folder.path());
  CHECK(is_refused(file));
  fs::current_path(home);
  folder.write("models/w.bin", numbers());
  CHECK(answer(file) == std::vector<double>{4, 4});
}

TEST_CASE("tensors that all claim the same bytes of a file have a limit together") {
  const TemporaryFolder folder;
  // At an odd place, so that each tensor is a copy.
  folder.write("w.bin", std::string((std::size_t{1} << 20) + 1, '\1'));
  OnnxModel model;
  model.input("x", {2}).output("y");
  for (int i = 0; i < 700; ++i) {
    model.weight("w" + std::to_string(i), {1 << 18}, {});
    onnx::TensorProto& weight = *model.graph().mutable_initializer(i);
    weight.set_data_location(onnx::TensorProto::EXTERNAL);
    set_entry(weight, "location", "w.bin");
    set_entry(weight, "offset", "1");
  }
  model.node("Relu", {"x"}, {"y"});
  CHECK(refusal(model.write(folder)).find("the limit for this model is 648 MiB") != std::string::npos);
}
