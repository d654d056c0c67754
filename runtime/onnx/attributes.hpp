// The attributes of one ONNX node, each asked for by name; one that nobody asks for is an error.
#pragma once

#include <onnx/onnx_pb.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/graph/op_types.hpp"

namespace banoff::onnx_import {

class Attributes {
 public:
  explicit Attributes(const onnx::NodeProto& node) : node_(node) {}

  [[nodiscard]] bool has(std::string_view name) { return find(name) != nullptr; }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name);
  [[nodiscard]] std::int64_t integer(std::string_view name, std::int64_t standard);
  [[nodiscard]] double real(std::string_view name, double standard);
  [[nodiscard]] std::string text(std::string_view name, std::string_view standard);
  [[nodiscard]] std::optional<Ints> integers(std::string_view name);
  [[nodiscard]] std::optional<std::vector<double>> reals(std::string_view name);
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view name);
  [[nodiscard]] const onnx::TensorProto* tensor(std::string_view name);
  /// A subgraph, which must be there.
  [[nodiscard]] const onnx::GraphProto& graph(std::string_view name);
  /// An attribute that says nothing about inference.
  void ignore(std::string_view name) { known_.emplace(name); }
  /// One that must have the value that means nothing.
  void require(std::string_view name, std::int64_t value);

  /// Throws bad_input for attributes that were not asked for.
  void finish() const;

 private:
  [[nodiscard]] const onnx::AttributeProto* find(std::string_view name);
  [[nodiscard]] const onnx::AttributeProto* find(std::string_view name, onnx::AttributeProto::AttributeType type);

  const onnx::NodeProto& node_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace banoff::onnx_import
