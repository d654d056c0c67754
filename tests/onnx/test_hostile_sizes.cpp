// Sizes that do not fit, are zero, or are as large and small as integers go.
#include <onnx/onnx_pb.h>

#include "banoff/session.hpp"
#include "tests/onnx/hostile.hpp"

using namespace banoff;
using namespace banoff::test;

TEST_CASE("sizes and channels that the weights are not for are told by the input's name") {
  const TemporaryFolder folder;
  const auto has = [](const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  };
  const auto error = [&](const std::filesystem::path& file, const std::map<std::string, Shape>& shapes) {
    LoadOptions options;
    options.shapes = shapes;
    return input_error([&] { load_to_run(file, options); });
  };
  OnnxModel dense;
  dense.input("x", {-1, -1}).output("y").weight("w", {5, 3}, std::vector<float>(15, 0.5F));
  dense.node("MatMul", {"x", "w"}, {"y"});
  const auto file = dense.write(folder);
  CHECK(has(error(file, {}), "give some with --shape x1=…"));
  CHECK(has(error(file, {{"", {2, 7}}}), "7"));
  LoadOptions options;
  options.shapes[""] = {2, 5};
  CHECK(Model::load(file, options).outputs().front().shape == Shape{2, 3});

  OnnxModel centred;
  centred.input("x", {1, -1, 4, 4}).output("y").weight("mean", {1, 3, 1, 1}, {1, 2, 3});
  centred.weight("w", {2, 3, 1, 1}, std::vector<float>(6, 1));
  centred.node("Sub", {"x", "mean"}, {"centred"});
  set_attribute(centred.node("Conv", {"centred", "w"}, {"y"}), "kernel_shape", {1, 1});
  const auto with_mean = centred.write(folder);
  CHECK(has(error(with_mean, {{"x", {1, 4, 4, 4}}}), "input 'x' has 4 channels, expected 3: "));
  CHECK(has(input_error([&] {
              (void)Model::load(with_mean).at({{"x", {1, 2, 4, 4}}});
            }),
            "input 'x' has 2 channels, expected 3: "));

  OnnxModel two;
  two.input("a", {-1, 3}).input("b", {-1, 3}).output("y");
  two.node("Add", {"a", "b"}, {"y"});
  CHECK(has(error(two.write(folder), {{"", {2, 3}}}), "a shape without a name, but the inputs are a, b"));
}

TEST_CASE("a resize of no axes that keeps its aspect ratio changes nothing") {
  const TemporaryFolder folder;
  OnnxModel model(18);
  model.input("x", {1, 3, 4, 4}).output("y").integers("sizes", {});
  onnx::NodeProto& node = model.node("Resize", {"x", "", "", "sizes"}, {"y"});
  set_attribute(node, "axes", {});
  set_word(node, "keep_aspect_ratio_policy", "not_larger");
  CHECK(Model::load(model.write(folder)).outputs().at(0).shape == Shape{1, 3, 4, 4});
}

TEST_CASE("a gather at places that are none has no elements, and is refused where something is computed from it") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {1, 3, 4, 4}).output("y").integers("i", {}).node("Gather", {"x", "i"}, {"y"});
  CHECK(Model::load(model.write(folder)).outputs().at(0).shape == Shape{0, 3, 4, 4});
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.integers("i", {}).node("Gather", {"x", "i"}, {"none"});
                        set_attribute(m.node("ReduceMean", {"none"}, {"y"}), "axes", {0});
                      }),
              "without elements"));
}

TEST_CASE("a side without elements has none to be resized") {
  for (const char* mode : {"nearest", "linear", "cubic"}) {
    CHECK(tells(said_of(13,
                        [&](OnnxModel& m) {
                          m.weight("none", {2, 0}, {}).integers("sizes", {2, 3});
                          set_word(m.node("Resize", {"none", "", "", "sizes"}, {"y"}), "mode", mode);
                        }),
                "without elements"));
  }
}

TEST_CASE("an input whose default has fewer dimensions than it names sizes of") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {1, 3}).input("c", {1, -1, -1}).output("y");
  model.weight("c", {2}, {1, 2}).weight("w", {1}, {1}).node("Swirl", {"x", "c", "w"}, {"y"});
  CHECK(Model::load(model.write(folder)).unsupported().size() == 1);
}

TEST_CASE("a dimension without elements has none to be padded with") {
  for (const char* mode : {"wrap", "reflect"}) {
    CHECK(tells(said_of(19,
                        [&](OnnxModel& m) {
                          m.weight("none", {0, 2}, {}).integers("pads", {3, 0, 3, 0});
                          set_word(m.node("Pad", {"none", "pads"}, {"y"}), "mode", mode);
                        }),
                "no elements to pad with"));
  }
}

TEST_CASE("a split has as many parts as outputs") {
  const auto split = [](std::int64_t parts) {
    return said_of(18, [&](OnnxModel& m) { set_integer(m.node("Split", {"x"}, {"y"}), "num_outputs", parts); });
  };
  CHECK(tells(split(largest), "parts for 1 outputs"));
  CHECK(tells(split(smallest), "parts for 1 outputs"));
}

TEST_CASE("a slice with a step beyond its dimension takes one element of it") {
  const TemporaryFolder folder;
  OnnxModel model;
  model.input("x", {2, 3}).output("y").integers("c", {10, 20, 30, 40});
  model.integers("begin", {1})
      .integers("end", {largest})
      .integers("axis", {0})
      .integers("column", {1})
      .integers("step", {largest});
  // One is computed while reading, the other when the network runs.
  model.node("Slice", {"c", "begin", "end", "axis", "step"}, {"known"});
  set_integer(model.node("Cast", {"known"}, {"float"}), "to", onnx::TensorProto::FLOAT);
  model.node("Slice", {"x", "begin", "end", "column", "step"}, {"live"});
  model.node("Add", {"live", "float"}, {"y"});
  const Tensor x = Tensor::of<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensors outputs = Model::load(model.write(folder)).reference({{"x", x}});
  CHECK(outputs.at("y").shape() == Shape{2, 1});
  CHECK(outputs.at("y").to_vector<double>() == std::vector<double>{22, 25});
}

TEST_CASE("numbers that no integer holds and the smallest integer are refused where a size is meant") {
  const auto with_list = [](const char* op, std::int64_t opset, std::vector<std::int64_t> values) {
    return said_of(opset, [&](OnnxModel& m) { m.integers("k", values).node(op, {"x", "k"}, {"y"}); });
  };
  CHECK_FALSE(with_list("TopK", 11, {largest}).empty());
  CHECK_FALSE(with_list("CumSum", 14, {smallest}).empty());
  CHECK(tells(with_list("Pad", 13, {smallest, 0, 0, 0, 0, 0, 0, smallest}), "a padding of -9223372036854775808"));
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.weight("depth", {}, {std::numeric_limits<float>::infinity()}).integers("values", {0, 1});
                        m.node("OneHot", {"x", "depth", "values"}, {"y"});
                      }),
              "the depth is inf, expected an integer"));
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.weight("w", {3, 2, 1, 1}, std::vector<float>(6, 1));
                        set_attribute(m.node("ConvTranspose", {"x", "w"}, {"y"}), "output_shape", {smallest, 4});
                      }),
              "an output of size"));
  CHECK(tells(
      said_of(13,
              [](OnnxModel& m) {
                m.weight("roi", {8}, {0, 0, 1e30F, -1e38F, 1, 1, 3e38F, 3e38F}).weight("scales", {4}, {1, 1, 2, 2});
                onnx::NodeProto& node = m.node("Resize", {"x", "roi", "scales"}, {"y"});
                set_word(node, "coordinate_transformation_mode", "tf_crop_and_resize");
                add_attribute(node, "cubic_coeff_a", onnx::AttributeProto::FLOAT)
                    .set_f(std::numeric_limits<float>::quiet_NaN());
                set_word(node, "mode", "cubic");
              }),
      "finite"));
}
