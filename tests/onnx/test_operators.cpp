// Words of the specification that scripts/sweep_operators.py found not to be kept, one by one.
#include <cmath>
#include <limits>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/element_type.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

/// A model of one node whose inputs are given when it runs, but for those that are named after "known".
class OneNode {
 public:
  OneNode(std::int64_t opset, const std::string& op) : model_(opset) {
    model_.node(op, {}, {"y"});
    model_.output("y");
  }

  OneNode& input(const Tensor& value) {
    const std::string name = next();
    model_.input(name, value.shape().vec());
    auto& type = *model_.graph().mutable_input()->rbegin()->mutable_type()->mutable_tensor_type();
    type.set_elem_type(onnx_types[value.dtype()]);
    given_[name] = value;
    return *this;
  }
  OneNode& known(const Tensor& value) {
    onnx::TensorProto& proto = *model_.graph().add_initializer();
    proto.set_name(next());
    proto.set_data_type(onnx_types[value.dtype()]);
    for (const std::int64_t size : value.shape()) proto.add_dims(size);
    proto.set_raw_data(value.data(), value.bytes());
    return *this;
  }
  OneNode& absent() {
    node().add_input("");
    return *this;
  }
  OneNode& set(const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node().add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
    return *this;
  }
  OneNode& set(const std::string& name, const std::string& value) {
    onnx::AttributeProto& attribute = *node().add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
    return *this;
  }
  OneNode& set(const std::string& name, const std::vector<std::int64_t>& values) {
    set_attribute(node(), name, values);
    return *this;
  }

  /// To be run: what cannot be is an error.
  [[nodiscard]] Model load() const {
    load_to_run(model_.write(folder_));
    return Model::load(model_.write(folder_));
  }

  /// What every device makes of it, as it is and folded and written and read again: always the same.
  [[nodiscard]] Tensor run() const {
    const Model model = load();
    folded(model, Method::optimal).save(folder_ / "again.onnx");
    const Model again = Model::load(folder_ / "again.onnx");
    const Tensor result = run_on(model, "reference-f64", given_).at("y").as(model.outputs()[0].dtype);
    for (const char* device : {"reference", "cpu"}) {
      for (const Model* each : {&model, &again}) {
        const Tensor other = run_on(*each, device, given_).at("y").as(result.dtype());
        CHECK(each->outputs()[0].dtype == result.dtype());
        CHECK(other.shape() == result.shape());
        const auto a = other.to_vector<double>(), b = result.to_vector<double>();
        for (std::size_t i = 0; i < a.size(); ++i)
          CHECK((std::isnan(b[i]) ? std::isnan(a[i]) : a[i] == doctest::Approx(b[i])));
      }
    }
    return result;
  }
  [[nodiscard]] std::vector<double> values() const { return run().to_vector<double>(); }

 private:
  onnx::NodeProto& node() { return *model_.graph().mutable_node(0); }
  std::string next() {
    const std::string name = "x" + std::to_string(node().input_size());
    node().add_input(name);
    return name;
  }

  OnnxModel model_;
  Tensors given_;
  TemporaryFolder folder_;
};

template <class T>
Tensor list(std::vector<T> values) {
  const Shape shape{std::ssize(values)};
  return Tensor::of<T>(shape, std::move(values));
}
using Values = std::vector<double>;

}  // namespace

TEST_CASE("arithmetic of integers wraps as their type does") {
  const auto bytes = list<std::int8_t>({100, -100, -128, 7}), more = list<std::int8_t>({100, -100, -1, 3});
  CHECK(OneNode(14, "Add").input(bytes).input(more).values() == Values{-56, 56, 127, 10});
  CHECK(OneNode(14, "Mul").input(bytes).input(more).values() == Values{16, 16, -128, 21});
  CHECK(OneNode(14, "Div").input(bytes).input(more).values() == Values{1, 1, -128, 2});
  CHECK(OneNode(14, "Sub").input(list<std::uint16_t>({1, 9})).input(list<std::uint16_t>({2, 4})).values() ==
        Values{65535, 5});
  const auto large = list<std::uint64_t>({18446744073709551615U, 1}), two = list<std::uint64_t>({2, 2});
  CHECK(OneNode(14, "Div").input(large).input(two).run().to_vector<std::uint64_t>() ==
        std::vector<std::uint64_t>{9223372036854775807U, 0});
  CHECK(OneNode(13, "Max").input(large).input(two).run().to_vector<std::uint64_t>() ==
        std::vector<std::uint64_t>{18446744073709551615U, 2});
  CHECK(OneNode(13, "Less").input(two).input(large).values() == Values{1, 0});
  CHECK(OneNode(9, "MatMul")
            .input(Tensor::of<std::int32_t>({1, 2}, {65536, 3}))
            .input(Tensor::of<std::int32_t>({2, 1}, {65536, 5}))
            .values() == Values{15});
}

TEST_CASE("division by zero and of the smallest integer by -1 give something") {
  const auto least = list<std::int32_t>({std::numeric_limits<std::int32_t>::min(), 5});
  CHECK(OneNode(14, "Div").input(least).input(list<std::int32_t>({-1, 0})).values() == Values{-2147483648.0, 0});
  CHECK(OneNode(13, "Mod").input(least).input(list<std::int32_t>({-1, 0})).values() == Values{0, 0});
}

TEST_CASE("casts wrap between integers, truncate from floats and round to floats") {
  const auto whole = list<std::int32_t>({-1, 128, 300, -129});
  CHECK(OneNode(13, "Cast").set("to", onnx::TensorProto::INT8).input(whole).values() == Values{-1, -128, 44, 127});
  CHECK(OneNode(13, "Cast").set("to", onnx::TensorProto::UINT8).input(whole).values() == Values{255, 128, 44, 127});
  CHECK(OneNode(13, "Cast").set("to", onnx::TensorProto::INT16).input(list<float>({-1.9F, 1e9F, no_number})).values() ==
        Values{-1, 32767, 0});
  CHECK(OneNode(13, "Cast").set("to", onnx::TensorProto::FLOAT).input(list<double>({0.1})).values() == Values{0.1F});
  CHECK(OneNode(13, "Cast").set("to", onnx::TensorProto::FLOAT16).input(list<std::int32_t>({4097})).values() ==
        Values{4096});
}

TEST_CASE("inputs and outputs keep the file's element type, also in what is written") {
  for (std::size_t i = 0; i < dtype_count; ++i) {
    const auto type = static_cast<DType>(i);
    const Tensor values = Tensor::of<double>({1, 2, 2}, {0, 1, 1, 0}).as(type);
    const Model model = OneNode(13, "Transpose").set("perm", std::vector<std::int64_t>{0, 2, 1}).input(values).load();
    const TemporaryFolder folder;
    model.save(folder / "t.onnx");
    const Model again = Model::load(folder / "t.onnx");
    CHECK(again.inputs()[0].dtype == type);
    CHECK(again.outputs()[0].dtype == type);
  }
}

TEST_CASE("a NaN stays one in activations and bounds, and is found first") {
  const auto x = list<float>({no_number, -1, 3});
  const auto is_nan_first = [](const Values& values) { return std::isnan(values[0]) && !std::isnan(values[1]); };
  CHECK(is_nan_first(OneNode(13, "Relu").input(x).values()));
  CHECK(is_nan_first(OneNode(13, "LeakyRelu").input(x).values()));
  CHECK(is_nan_first(OneNode(13, "Clip").input(x).known(Tensor::of<float>({}, {-0.5F})).values()));
  CHECK(is_nan_first(OneNode(13, "Max").input(x).known(list<float>({0})).values()));
  CHECK(is_nan_first(OneNode(13, "Min").input(x).known(list<float>({0})).values()));
  CHECK(OneNode(13, "ArgMax").input(list<float>({5, no_number, 7})).values() == Values{1});
  CHECK(OneNode(13, "ArgMin").input(list<float>({5, no_number, no_number})).set("select_last_index", 1).values() ==
        Values{2});
  CHECK(OneNode(13, "ArgMax").input(list<float>({no_number, 5, 7})).values() == Values{0});
}

TEST_CASE("reductions of integers stay integers") {
  const auto x = list<std::int32_t>({-3, -4, 0, 0});
  CHECK(OneNode(18, "ReduceMean").input(x).values() == Values{-1});
  CHECK(OneNode(18, "ReduceL2").input(x).values() == Values{5});
  CHECK(OneNode(18, "ReduceLogSumExp").input(list<std::int32_t>({2, 2, 2})).values() == Values{3});
  CHECK(OneNode(14, "Relu").input(list<std::int8_t>({-5, 5})).values() == Values{0, 5});
}

TEST_CASE("a group of 0 is refused") {
  const Tensor image = Tensor::of<float>({1, 1, 2, 2}, {1, 2, 3, 4}), weight = Tensor::of<float>({1, 1, 1, 1}, {2});
  const auto load = [&] { (void)OneNode(11, "Conv").set("group", 0).input(image).known(weight).load(); };
  CHECK(input_error(load).find("group is 0, expected at least 1") != std::string::npos);
}

TEST_CASE("places of Resize: tf_half_pixel_for_nn, and sizes whose ratio is no binary number") {
  const Tensor x = Tensor::of<float>({1, 1, 1, 4}, {1, 2, 3, 4});
  const Tensor none_given = Tensor::of<float>({0}, {});
  CHECK(OneNode(11, "Resize")
            .set("coordinate_transformation_mode", "tf_half_pixel_for_nn")
            .set("nearest_mode", "floor")
            .input(x)
            .known(none_given)
            .known(list<float>({1, 1, 1, 0.5F}))
            .values() == Values{2, 4});
  // (4 + 1/2) 7 / 9 - 1/2 is 3, by a rounded 9 / 7 it would be less.
  CHECK(OneNode(13, "Resize")
            .set("nearest_mode", "floor")
            .set("coordinate_transformation_mode", "pytorch_half_pixel")
            .input(Tensor::of<float>({7}, {0, 1, 2, 3, 4, 5, 6}))
            .absent()
            .absent()
            .known(list<std::int64_t>({9}))
            .values()[4] == 3);
}

TEST_CASE("a batch norm of each place, before opset 9") {
  const auto each = [](float v) { return Tensor::of<float>({2, 1, 2}, {v, v + 1, v + 2, v + 3}); };
  const Values y = OneNode(7, "BatchNormalization")
                       .set("spatial", 0)
                       .input(Tensor::of<float>({1, 2, 1, 2}, {1, -2, 3, 4}))
                       .known(each(-2))
                       .known(each(5))
                       .known(each(0.5F))
                       .known(each(4))
                       .values();
  CHECK(y[0] == doctest::Approx(-2 * (1 - 0.5) / std::sqrt(4 + 1e-5) + 5));
  CHECK(y[3] == doctest::Approx(1 * (4 - 3.5) / std::sqrt(7 + 1e-5) + 8));
}

TEST_CASE("SpaceToDepth in either order") {
  const Tensor x = Tensor::of<float>({1, 2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  const auto y = [&](const char* mode) {
    return OneNode(28, "SpaceToDepth").set("blocksize", 2).set("mode", mode).input(x).values();
  };
  CHECK(y("DCR") == Values{0, 4, 1, 5, 2, 6, 3, 7});
  CHECK(y("CRD") == Values{0, 1, 2, 3, 4, 5, 6, 7});
}

TEST_CASE("a range of integers is exact, a padding that cannot be kept is refused") {
  const auto number = [](std::int64_t v) { return Tensor::of<std::int64_t>({}, {v}); };
  const std::int64_t far = (std::int64_t{1} << 60) + 1;
  CHECK(
      OneNode(11, "Range").known(number(far)).known(number(far + 3)).known(number(2)).run().to_vector<std::int64_t>() ==
      std::vector<std::int64_t>{far, far + 2});
  const auto pad = [&] {
    (void)OneNode(13, "Pad").input(list<std::int64_t>({1})).known(list<std::int64_t>({0, 1})).known(number(far)).load();
  };
  CHECK(input_error(pad).find("beyond 53 bits") != std::string::npos);
}
