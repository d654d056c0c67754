// Damaged and hostile files: an error that names the file, never a crash. Run it under sanitizers for its full worth.
#include <onnx/onnx_pb.h>

#include <functional>
#include <limits>

#include "banoff/session.hpp"
#include "runtime/onnx/names.hpp"
#include "tests/onnx/fuzz_changes.hpp"
#include "tests/onnx/fuzz_harness.hpp"
#include "tests/onnx/fuzz_models.hpp"
#include "tests/onnx/onnx_model.hpp"

using namespace banoff;
using namespace banoff::test;
using onnx_import::UniqueNames;

namespace {

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

/// What is said of a network of one node on `x` [1, 3, 4, 4], which `make` adds with its constants.
std::string said_of(std::int64_t opset, const std::function<void(OnnxModel&)>& make,
                    const std::vector<std::int64_t>& shape = {1, 3, 4, 4}) {
  const TemporaryFolder folder;
  OnnxModel model(opset);
  model.input("x", shape).output("y");
  make(model);
  return input_error([&] { load_to_run(model.write(folder)); });
}

/// Calls `look` with an integer as large or small as it can be; it is as before at the end.
template <class Set>
void each_extreme(std::int64_t value, const Set& set, const std::function<void()>& look) {
  const std::int64_t beside = (value < 0 ? smallest : largest) - value;  // with which it adds up to an end
  for (const std::int64_t extreme : {largest, smallest, beside, std::int64_t{1} << 40}) {
    set(extreme);
    look();
  }
  set(value);
}

/// The same for each integer that attributes of the nodes hold, those of nodes in them included.
void each_extreme(google::protobuf::RepeatedPtrField<onnx::NodeProto>& nodes, const std::function<void()>& look) {
  for (onnx::NodeProto& node : nodes) {
    for (onnx::AttributeProto& attribute : *node.mutable_attribute()) {
      CAPTURE(node.op_type());
      CAPTURE(attribute.name());
      if (attribute.has_i())
        each_extreme(
            attribute.i(), [&](std::int64_t value) { attribute.set_i(value); }, look);
      for (int k = 0; k < attribute.ints_size(); ++k)
        each_extreme(
            attribute.ints(k), [&](std::int64_t value) { attribute.set_ints(k, value); }, look);
      if (attribute.has_g()) each_extreme(*attribute.mutable_g()->mutable_node(), look);
    }
  }
}

bool tells(const std::string& message, const char* words) {
  CAPTURE(message);
  return message.find(words) != std::string::npos;
}

}  // namespace

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

TEST_CASE("what is computed while reading has a limit, and the error tells it") {
  constexpr const char* limit = "the limit for this model is 640 MiB";
  constexpr std::int64_t huge = 1'000'000'000'000, large = std::int64_t{1} << 31;
  CHECK(tells(
      said_of(13,
              [&](OnnxModel& m) {
                m.integers("depth", {huge}).integers("values", {0, 1}).node("OneHot", {"x", "depth", "values"}, {"y"});
              }),
      limit));
  CHECK(tells(said_of(19,
                      [&](OnnxModel& m) {
                        m.integers("pads", {0, 0, 0, large, 0, 0, 0, large});
                        set_word(m.node("Pad", {"x", "pads"}, {"y"}), "mode", "wrap");
                      }),
              limit));
  CHECK(tells(said_of(13, [](OnnxModel& m) { m.node("Hardmax", {"x"}, {"y"}); }, {1, large}), limit));
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.node("Dropout", {"x"}, {"z", "mask"});
                        m.node("Not", {"mask"}, {"y"});
                      },
                      {1, large}),
              limit));
  CHECK(tells(said_of(17,
                      [](OnnxModel& m) {
                        m.weight("scale", {}, {2}).node("LayerNormalization", {"x", "scale"}, {"y"});
                      },
                      {1, large}),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("size", {large}).node("ConstantOfShape", {"size"}, {"c"});
                        m.node("Add", {"x", "c"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.weight("from", {}, {0}).weight("to", {}, {1e12F}).weight("by", {}, {1});
                        m.node("Range", {"from", "to", "by"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("n", {1, 1, 1, large}).node("Tile", {"x", "n"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("shape", {large}).weight("one", {1}, {1}).node("Expand", {"one", "shape"}, {"c"});
                        m.node("Add", {"x", "c"}, {"y"});
                      }),
              limit));
  CHECK(tells(said_of(14, [](OnnxModel& m) { m.node("Trilu", {"x"}, {"y"}); }, {60'000, 60'000}), limit));
  CHECK(tells(said_of(13, [](OnnxModel& m) { m.node("EyeLike", {"x"}, {"y"}); }, {60'000, 60'000}), limit));
  CHECK(tells(said_of(13,
                      [&](OnnxModel& m) {
                        m.integers("sizes", {1, 3, 4, large - 1});
                        set_word(m.node("Resize", {"x", "", "", "sizes"}, {"y"}), "mode", "cubic");
                      }),
              limit));
  CHECK(tells(
      said_of(13,
              [&](OnnxModel& m) {
                m.integers("begin", {-1}).integers("end", {smallest}).integers("axis", {1}).integers("step", {-1});
                m.node("Slice", {"x", "begin", "end", "axis", "step"}, {"y"});
              },
              {1, large}),
      limit));
}

TEST_CASE("what is computed while reading ends, however small the file is") {
  constexpr const char* limit = "million steps to compute";
  const auto of_ones = [](std::vector<std::int64_t> shape, const std::function<void(OnnxModel&)>& make) {
    return said_of(13, [&](OnnxModel& m) {
      m.integers("shape", shape).node("ConstantOfShape", {"shape"}, {"c"});
      make(m);
    });
  };
  // A product as large as the memory allows, windows as large as numbers go, many sums that take no memory.
  CHECK(tells(of_ones({3000, 3000}, [](OnnxModel& m) { m.node("MatMul", {"c", "c"}, {"y"}); }), limit));
  CHECK(tells(of_ones({1, 1, 64, 64},
                      [](OnnxModel& m) {
                        onnx::NodeProto& pool = m.node("MaxPool", {"c"}, {"y"});
                        set_attribute(pool, "kernel_shape", {1 << 20, 1 << 20});
                        set_attribute(pool, "strides", {1 << 20, 1 << 20});
                        set_attribute(pool, "pads", {1 << 19, 1 << 19, 1 << 19, 1 << 19});
                      }),
              limit));
  CHECK(tells(of_ones({1 << 20},
                      [](OnnxModel& m) {
                        for (int i = 0; i < 1000; ++i) m.node("ReduceSum", {"c"}, {"s" + std::to_string(i)});
                        m.node("Add", {"x", "s999"}, {"y"});
                      }),
              limit));
  CHECK(tells(of_ones({1, 100'000, 4},
                      [](OnnxModel& m) {
                        m.integers("more", {1, 1, 100'000}).integers("all", {100'000});
                        m.node("ConstantOfShape", {"more"}, {"scores"});
                        m.node("NonMaxSuppression", {"c", "scores", "all"}, {"y"});
                      }),
              limit));
  // A node that is carried, again in each turn of a loop.
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.integers("turns", {60'000});
                        onnx::GraphProto& body = subgraph(m.node("Loop", {"turns", ""}, {"y"}), "body");
                        for (const char* name : {"i", "go"}) body.add_input()->set_name(name);
                        set_word(add_inner(body, "Swirl", {"x"}, {"s"}), "words", std::string(100'000, 'w'));
                        for (const char* name : {"go", "s"}) body.add_output()->set_name(name);
                      }),
              "limit for this model"));
  // A loop whose body does not end it is not begun.
  CHECK(tells(said_of(13,
                      [](OnnxModel& m) {
                        m.integers("turns", {largest});
                        onnx::GraphProto& body = subgraph(m.node("Loop", {"turns", "", "x"}, {"y"}), "body");
                        for (const char* name : {"i", "go", "held"}) body.add_input()->set_name(name);
                        for (const char* name : {"go", "held"}) body.add_output()->set_name(name);
                      }),
              "more than 65536 iterations"));
  // Masks of bytes, which take little memory.
  CHECK(tells(said_of(14,
                      [](OnnxModel& m) {
                        for (const char* each : {"a", "b", "c"}) m.node("Trilu", {"x"}, {each});
                        m.node("Sum", {"a", "b", "c"}, {"y"});
                      },
                      {1, 1 << 27}),
              limit));
}

TEST_CASE("as many nodes of one name as a file may have are told apart, each as fast as the first") {
  UniqueNames names;
  CHECK(names.take("a_3"));
  CHECK_FALSE(names.take("a_3"));
  CHECK(names.made("a") == "a");
  CHECK(names.made("a") == "a_2");
  CHECK(names.made("a") == "a_4");
  names.give_back("a");
  CHECK(names.made("a") == "a");
  for (int i = 0; i < 200'000; ++i) (void)names.made("constant");
  CHECK(names.made("constant") == "constant_200001");
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

TEST_CASE("what is no ONNX model is told by its file's name") {
  const TemporaryFolder folder;
  const std::string whole = small_onnx().bytes();
  for (const std::string& bytes : {std::string("\x08"), std::string(100, '\xff'), std::string("not a model"),
                                   whole.substr(0, whole.size() / 2), whole.substr(0, whole.size() - 1)}) {
    const auto file = folder.write("bad.onnx", bytes);
    CHECK(input_error([&] { load_to_run(file); }).starts_with(file.string()));
  }
  OnnxModel old(6);
  old.input("x", {1, 2}).output("y").node("Relu", {"x"}, {"y"});
  CHECK(input_error([&] { load_to_run(old.write(folder)); }).find("opset 6") != std::string::npos);
}

TEST_CASE("sizes that a file claims are checked before memory is asked for") {
  const TemporaryFolder folder;
  const auto claim = [&](const std::vector<std::int64_t>& shape) {
    OnnxModel made;
    made.input("x", {1}).output("y").weight("w", shape, {1});
    made.node("Add", {"x", "w"}, {"y"});
    return input_error([&] { load_to_run(made.write(folder)); });
  };
  CHECK(claim({1LL << 40}).find("1 elements") != std::string::npos);
  CHECK(claim({1LL << 32, 1LL << 32}).find("64 bits") != std::string::npos);
  CHECK_FALSE(claim({-5}).empty());
  OnnxModel bomb;
  bomb.input("x", {1}).output("y").integers("huge", {1LL << 33});
  bomb.node("ConstantOfShape", {"huge"}, {"big"});
  bomb.node("Add", {"x", "big"}, {"y"});
  CHECK(input_error([&] { load_to_run(bomb.write(folder)); }).find("limit for this model") != std::string::npos);
}

TEST_CASE("cycles, missing values and names used twice are refused") {
  const TemporaryFolder folder;
  OnnxModel cycle;
  cycle.input("x", {1}).output("y").node("Add", {"x", "b"}, {"a"});
  cycle.node("Relu", {"a"}, {"b"});
  cycle.node("Relu", {"b"}, {"y"});
  CHECK(input_error([&] { load_to_run(cycle.write(folder)); }).find("'b'") != std::string::npos);
  OnnxModel twice;
  twice.input("x", {1}).output("y").node("Relu", {"x"}, {"y"});
  twice.node("Relu", {"x"}, {"y"});
  CHECK(input_error([&] { load_to_run(twice.write(folder)); }).find("defined twice") != std::string::npos);
  OnnxModel nowhere;
  nowhere.input("x", {1}).output("y").node("Relu", {"x"}, {"z"});
  CHECK(input_error([&] { load_to_run(nowhere.write(folder)); }).find("'y'") != std::string::npos);
}

TEST_CASE("integers at the ends of 64 bits are taken or refused wherever an operator has one") {
  const FuzzHarness harness;
  for (const std::string& bytes : fuzz_models()) {
    onnx::ModelProto model;
    REQUIRE(model.ParseFromString(bytes));
    const auto look = [&] { CHECK(harness.read(model.SerializeAsString()).fault == ""); };
    each_extreme(*model.mutable_graph()->mutable_node(), look);
    for (onnx::FunctionProto& function : *model.mutable_functions()) each_extreme(*function.mutable_node(), look);
    for (onnx::TensorProto& tensor : *model.mutable_graph()->mutable_initializer()) {
      CAPTURE(tensor.name());
      for (int k = 0; k < tensor.int64_data_size(); ++k)
        each_extreme(
            tensor.int64_data(k), [&](std::int64_t value) { tensor.set_int64_data(k, value); }, look);
    }
  }
}

TEST_CASE("models that a fuzzer makes are loaded or refused") {
  const FuzzHarness harness;
  const std::vector<std::string> models = fuzz_models();
  for (const std::string& model : models) CHECK(harness.read(model).loaded);
  // banoff_onnx_fuzz is this for as many as one likes.
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    CAPTURE(seed);
    Dice dice(seed);
    CHECK(harness.read(fuzzed_model(models, dice)).fault == "");
  }
}
