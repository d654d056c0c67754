// Sizes that an ONNX file leaves open: what is computed from them holds at every one, or the size is fixed and told.
#include "banoff/session.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// x [x0, 4, x2, x3] and its shape, cut into `sizes`.
OnnxModel with_shape() {
  OnnxModel made;
  made.input("x", {-1, 4, -1, -1}).output("y");
  made.integers("0", {0}).integers("1", {1}).integers("2", {2}).integers("3", {3}).integers("4", {4});
  made.integers("-1", {-1}).integers("end", {std::numeric_limits<std::int64_t>::max()});
  made.node("Shape", {"x"}, {"shape"});
  for (const char* at : {"0", "2", "3"}) made.node("Gather", {"shape", at}, {std::string("size") + at});
  return made;
}

/// [a, b, …] as one tensor of integers.
void concat(OnnxModel& made, const std::vector<std::string>& parts, const std::string& to) {
  set_integer(made.node("Concat", parts, {to}), "axis", 0);
}

struct Row {
  const char* name;
  void (*make)(OnnxModel& made);
  std::vector<std::string> fixed;  ///< sizes that written files have one value of
};

const Row rows[] = {
    {"a shape that repeats the batch",
     [](OnnxModel& made) {
       concat(made, {"size0", "-1"}, "wanted");
       made.node("Reshape", {"x", "wanted"}, {"y"});
     },
     {}},
    {"a shape of constants that is the input's at batch 1 alone",
     [](OnnxModel& made) {
       made.integers("rows", {1, 4, -1});
       made.node("Reshape", {"x", "rows"}, {"y"});
     },
     {}},
    {"a product of sizes in a shape",
     [](OnnxModel& made) {
       made.node("Mul", {"size2", "size3"}, {"area"});
       concat(made, {"size0", "4", "area"}, "wanted");
       made.node("Reshape", {"x", "wanted"}, {"y"});
     },
     {}},
    {"two sizes apart, of which one only can be inferred",
     [](OnnxModel& made) {
       made.node("Mul", {"size0", "4"}, {"planes"});
       concat(made, {"planes", "size2", "size3", "1"}, "wanted");
       made.node("Reshape", {"x", "wanted"}, {"y"});
     },
     {"x2", "x3"}},
    {"a slice to the end, and one that leaves the last out",
     [](OnnxModel& made) {
       made.node("Sub", {"size3", "1"}, {"last"});
       made.node("Slice", {"x", "0", "size2", "2"}, {"whole"});
       made.node("Slice", {"whole", "0", "last", "3"}, {"y"});
     },
     {}},
    {"half of the rows, however many there are",
     [](OnnxModel& made) {
       made.node("Div", {"size2", "2"}, {"half"});
       made.node("Slice", {"x", "0", "half", "2"}, {"y"});
     },
     {"x2"}},
    {"twice the height and width, by sizes",
     [](OnnxModel& made) {
       made.node("Mul", {"size2", "2"}, {"h"});
       made.node("Mul", {"size3", "2"}, {"w"});
       concat(made, {"size0", "4", "h", "w"}, "wanted");
       onnx::NodeProto& node = made.node("Resize", {"x", "", "", "wanted"}, {"y"});
       set_word(node, "mode", "nearest");
       set_word(node, "coordinate_transformation_mode", "asymmetric");
       set_word(node, "nearest_mode", "floor");
     },
     {}},
    {"a map resized to the size of another, which halving need not give back",
     [](OnnxModel& made) {
       onnx::NodeProto& pool = made.node("MaxPool", {"x"}, {"half"});
       set_attribute(pool, "kernel_shape", {2, 2});
       set_attribute(pool, "strides", {2, 2});
       concat(made, {"size0", "4", "size2", "size3"}, "wanted");
       set_word(made.node("Resize", {"half", "", "", "wanted"}, {"up"}), "mode", "linear");
       made.node("Add", {"up", "x"}, {"y"});
     },
     {}},
    {"a constant repeated for the batch",
     [](OnnxModel& made) {
       made.weight("token", {1, 4, 1, 1}, {1, -2, 3, 0.5F});
       concat(made, {"size0", "4", "1", "1"}, "wanted");
       made.node("Expand", {"token", "wanted"}, {"tokens"});
       made.node("Add", {"x", "tokens"}, {"y"});
     },
     {"x0"}},
    {"numbers of the rows of a batch",
     [](OnnxModel& made) {
       made.integers("column", {-1, 1, 1, 1});
       made.graph().add_initializer()->CopyFrom(made.graph().initializer(0));
       onnx::TensorProto& zero = *made.graph().mutable_initializer(made.graph().initializer_size() - 1);
       zero.set_name("zero"), zero.clear_dims();
       onnx::TensorProto& one = *made.graph().add_initializer();
       one = zero;
       one.set_name("one"), one.set_int64_data(0, 1);
       made.node("Squeeze", {"size0"}, {"batch"});
       made.node("Range", {"zero", "batch", "one"}, {"numbers"});
       made.node("Reshape", {"numbers", "column"}, {"turned"});
       set_integer(made.node("Cast", {"turned"}, {"floats"}), "to", 1);
       made.node("Mul", {"x", "floats"}, {"y"});
     },
     {"x0"}},
};

const std::vector<Shape> shapes{{1, 4, 8, 8}, {2, 4, 8, 8}, {3, 4, 8, 8}, {1, 4, 6, 8}, {2, 4, 8, 10}, {1, 4, 7, 9}};

LoadOptions sized(const Shape& shape) {
  LoadOptions options;
  options.shapes = {{"x", shape}};
  return options;
}

}  // namespace

TEST_CASE("whatever is computed from open sizes is right at every one, in sessions and in files that are written") {
  const TemporaryFolder folder;
  for (const Row& row : rows) {
    CAPTURE(std::string(row.name));
    OnnxModel made = with_shape();
    row.make(made);
    const auto file = made.write(folder);
    const Model model = Model::load(file, sized(shapes[0]));
    Session session(CompiledModel::compile(model));
    // As read at that size alone.
    for (const Shape& shape : shapes) {
      CAPTURE(shape.str());
      const Model alone = Model::load(file, sized(shape));
      const Tensors inputs = alone.random_inputs(5);
      const Tensors expected = alone.reference(inputs);
      CHECK(compare(expected, model.reference(inputs)).at(0).max_abs_error == 0);
      CHECK(compare(expected, session.run(inputs)).at(0).max_relative_error < 1e-6);
    }
    for (const char* extension : {".yaml", ".onnx"}) {
      CAPTURE(std::string(extension));
      const auto written = folder.path() / (std::string("written") + extension);
      std::vector<std::string> fixed;
      for (const SizeInfo& size : model.save(written)) {
        if (!size.fixed_by.empty()) fixed.push_back(size.name);
      }
      CHECK(fixed == row.fixed);
      const Model read = Model::load(written);
      for (const Shape& shape : shapes) {
        CAPTURE(shape.str());
        const Model alone = Model::load(file, sized(shape));
        const Tensors inputs = alone.random_inputs(5);
        const bool takes = std::ranges::all_of(std::array{0, 2, 3}, [&](std::size_t d) {
          const bool is_fixed = std::ranges::find(fixed, model.inputs()[0].symbols[d]) != fixed.end();
          return !is_fixed || shape[d] == shapes[0][d];
        });
        if (takes) CHECK(compare(alone.reference(inputs), read.reference(inputs)).at(0).max_abs_error < 1e-6);
        else CHECK_THROWS_AS((void)read.reference(inputs), Error);
      }
    }
  }
}

TEST_CASE("what keeps a size fixed is named") {
  const TemporaryFolder folder;
  OnnxModel made = with_shape();
  rows[std::size(rows) - 1].make(made);
  const Model model = Model::load(made.write(folder), sized(shapes[0]));
  CHECK(model.sizes().at(0).name == "x0");
  CHECK(model.sizes().at(0).fixed_by.find("'y'") != std::string::npos);
  CHECK(model.sizes().at(1).fixed_by.empty());
}

TEST_CASE("a size at which a node cannot be run is none that the network takes, and fixes nothing") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {1, 4, -1, 8}).output("y").weight("scales", {4}, {1, 1, 2, 2});
  onnx::NodeProto& pool = made.node("MaxPool", {"x"}, {"half"});
  set_attribute(pool, "kernel_shape", {2, 2});
  set_attribute(pool, "strides", {2, 2});
  set_word(made.node("Resize", {"half", "", "scales"}, {"up"}), "mode", "nearest");
  made.node("Add", {"up", "x"}, {"y"});  // of odd heights a row is lost
  const auto file = made.write(folder);
  const Model read = Model::load(file, sized({1, 4, 8, 8}));
  CHECK(read.sizes().at(0).fixed_by.empty());
  const Model alone = Model::load(file, sized({1, 4, 6, 8}));
  const Tensors inputs = alone.random_inputs(5);
  CHECK(compare(alone.reference(inputs), read.reference(inputs)).at(0).max_abs_error < 1e-6);
  CHECK(input_error([&] {
          (void)read.reference({{"x", Tensor::of<float>({1, 4, 7, 8}, std::vector<float>(224))}});
        }).find("do not broadcast") != std::string::npos);
}

TEST_CASE("names of sizes become words, by which and by the file's they can be given") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {-1, 3, -1, 4}).output("y");
  auto& shape = *made.graph().mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.mutable_dim(0)->set_dim_param("Dynamic.0");
  shape.mutable_dim(2)->set_dim_param("0 h");
  made.node("Relu", {"x"}, {"y"});
  const auto file = made.write(folder);
  LoadOptions options;
  options.symbols = {{"Dynamic.0", 2}, {"_0_h", 5}};
  CHECK(Model::load(file, options).inputs().at(0).shape == Shape{2, 3, 5, 4});
  const auto written = folder.path() / "named.yaml";
  Model::load(file, options).save(written);
  CHECK(Model::load(written).inputs().at(0).symbols == std::vector<std::string>{"Dynamic_0", "", "_0_h", ""});
  options.symbols = {{"Dynamic.1", 2}};
  CHECK(input_error([&] { load_to_run(file, options); }).find("no size is called 'Dynamic.1'") != std::string::npos);
  options = sized({1, 4, 5, 4});
  CHECK(input_error([&] { load_to_run(file, options); }).find("dimension 1 is fixed at 3") != std::string::npos);
}

TEST_CASE("an attribute that is no number is the same at every size, or fixes it: reading ends") {
  const TemporaryFolder folder;
  OnnxModel made;
  made.input("x", {-1, 4}).output("y");
  set_number(made.node("LeakyRelu", {"x"}, {"y"}), "alpha", std::numeric_limits<float>::quiet_NaN());
  try {
    CHECK(Model::load(made.write(folder)).inputs().at(0).shape == Shape{1, 4});
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::bad_input);
  }
}
