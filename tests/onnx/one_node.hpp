// A model of one node, run on every device and written and read again.
#pragma once

#include <cmath>
#include <limits>
#include <memory>

#include "runtime/core/dtype.hpp"
#include "runtime/onnx/element_type.hpp"
#include "tests/onnx/onnx_model.hpp"
#include "tests/session/support.hpp"

namespace banoff::test {

inline constexpr float no_number = std::numeric_limits<float>::quiet_NaN();

/// A model of one node whose inputs are given when it runs, but for those that are `known`.
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
  /// Of another domain than ONNX's own.
  OneNode& of(const std::string& domain) {
    node().set_domain(domain);
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
  OneNode& set(const std::string& name, const onnx::GraphProto& body) {
    onnx::AttributeProto& attribute = *node().add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::GRAPH);
    *attribute.mutable_g() = body;
    return *this;
  }
  OneNode& set(const std::string& name, const std::vector<std::int64_t>& values) {
    set_attribute(node(), name, values);
    return *this;
  }

  /// To be run: what cannot be is an error.
  [[nodiscard]] Model load() const {
    load_to_run(model_.write(*folder_));
    return Model::load(model_.write(*folder_));
  }

  /// What every device makes of it, as it is and folded and written and read again: always the same.
  [[nodiscard]] Tensor run() const {
    const Model model = load();
    folded(model, Method::optimal).save(*folder_ / "again.onnx");
    const Model again = Model::load(*folder_ / "again.onnx");
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
  /// Those of one device, to be compared without a tolerance.
  [[nodiscard]] std::vector<double> values_on(const std::string& device) const {
    return run_on(load(), device, given_).at("y").to_vector<double>();
  }

 private:
  onnx::NodeProto& node() { return *model_.graph().mutable_node(0); }
  std::string next() {
    const std::string name = "x" + std::to_string(node().input_size());
    node().add_input(name);
    return name;
  }

  OnnxModel model_;
  Tensors given_;
  std::shared_ptr<TemporaryFolder> folder_ = std::make_shared<TemporaryFolder>();
};

template <class T>
[[nodiscard]] Tensor list(std::vector<T> values) {
  const Shape shape{std::ssize(values)};
  return Tensor::of<T>(shape, std::move(values));
}
using Values = std::vector<double>;

}  // namespace banoff::test
