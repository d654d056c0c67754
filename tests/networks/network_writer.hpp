// ONNX networks made by a program: nodes and constants, with the shapes of what they compute.
#pragma once

#include <onnx/onnx_pb.h>

#include <random>
#include <string>
#include <vector>

#include "banoff/tensor.hpp"

namespace banoff::test {

/// What a network computes with, and a value in it: batch, channels and what lies in space.
struct NetworkValue {
  std::string name;
  Shape shape;
};

/// Drawing numbers.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] bool chance(double p) { return uniform(0, 1) < p; }
  [[nodiscard]] double uniform(double low, double high) { return std::uniform_real_distribution(low, high)(random_); }
  [[nodiscard]] double normal(double deviation = 1) { return std::normal_distribution(0.0, deviation)(random_); }
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution(low, high)(random_);
  }
  [[nodiscard]] std::vector<double> normals(std::int64_t count, double deviation = 1);
  template <class T>
  [[nodiscard]] const T& one_of(const std::vector<T>& values) {
    return values[static_cast<std::size_t>(integer(0, std::ssize(values) - 1))];
  }

 private:
  std::mt19937_64 random_;
};

/// Float type of all values and constants.
enum class NetworkFloat { f32, f16, bf16 };

class NetworkWriter {
 public:
  NetworkWriter(NetworkFloat type, std::int64_t opset);

  [[nodiscard]] onnx::ModelProto& model() noexcept { return model_; }
  [[nodiscard]] const onnx::ModelProto& model() const noexcept { return model_; }
  /// The first dimension is called N instead of having its size.
  NetworkValue input(const std::string& name, const Shape& shape, bool symbolic_batch);
  void output(const NetworkValue& value);

  /// Numbers of the network's float type.
  std::string constant(const Shape& shape, const std::vector<double>& values);
  /// Numbers of float32 whatever the network's type is.
  std::string constant32(const Shape& shape, const std::vector<double>& values);
  std::string integers(const std::vector<std::int64_t>& values);

  /// A node with one output, called after the operator. Attributes are set on what `last` returns.
  NetworkValue node(const std::string& op, const std::vector<std::string>& inputs, const Shape& shape);
  std::vector<NetworkValue> node(const std::string& op, const std::vector<std::string>& inputs,
                                 const std::vector<Shape>& shapes);
  NetworkWriter& with(const std::string& attribute, const std::vector<std::int64_t>& values);
  NetworkWriter& with(const std::string& attribute, std::int64_t value);
  NetworkWriter& with(const std::string& attribute, double value);
  NetworkWriter& with(const std::string& attribute, const char* value);

 private:
  void describe(onnx::ValueInfoProto& info, const std::string& name) const;
  [[nodiscard]] std::int32_t type() const;
  onnx::AttributeProto& attribute(const std::string& name, onnx::AttributeProto::AttributeType type);
  [[nodiscard]] std::string fresh(const std::string& stem) { return stem + std::to_string(++names_); }

  onnx::ModelProto model_;
  NetworkFloat type_;
  int names_ = 0;
};

}  // namespace banoff::test
