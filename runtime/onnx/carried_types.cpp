#include "runtime/onnx/carried_types.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/onnx/domain.hpp"
#include "runtime/onnx/element_type.hpp"

namespace banoff::onnx_import {

onnx::TypeProto type_proto(const TensorType& type) {
  onnx::TypeProto proto;
  auto& tensor = *proto.mutable_tensor_type();
  tensor.set_elem_type(onnx_types[type.dtype]);
  auto& shape = *tensor.mutable_shape();
  for (std::size_t i = 0; i < type.shape.rank(); ++i) {
    auto& dim = *shape.add_dim();
    if (i > 0 || !type.bounded) dim.set_dim_value(type.shape[i]);
  }
  return proto;
}

std::optional<TensorType> tensor_type(const onnx::TypeProto& proto, std::int64_t max_elements) {
  if (!proto.has_tensor_type() || !proto.tensor_type().has_shape()) return std::nullopt;
  const std::optional<DType> type = onnx_types.find(proto.tensor_type().elem_type());
  const auto& dims = proto.tensor_type().shape().dim();
  if (!type || dims.size() > static_cast<int>(Shape::max_rank)) return std::nullopt;
  TensorType result{*type, {}, false};
  std::int64_t elements = 1;
  for (const auto& dim : dims) {
    if (!dim.has_dim_value() || dim.dim_value() < 1 || dim.dim_value() > max_elements / elements) return std::nullopt;
    elements *= dim.dim_value();
    result.shape.push_back(dim.dim_value());
  }
  return result;
}

bool keeps_type(const onnx::NodeProto& node) {
  using namespace std::string_view_literals;
  static constexpr std::array standard{"Bernoulli"sv,         "BitShift"sv,           "BitwiseAnd"sv,
                                       "BitwiseNot"sv,        "BitwiseOr"sv,          "BitwiseXor"sv,
                                       "Dropout"sv,           "BatchNormalization"sv, "RandomNormalLike"sv,
                                       "RandomUniformLike"sv, "ReverseSequence"sv,    "TensorScatter"sv};
  static constexpr std::array of_onnx_runtime{"Gelu"sv, "FastGelu"sv, "BiasGelu"sv, "QuickGelu"sv,
                                              "SkipLayerNormalization"sv};
  const auto is_type = [](const onnx::AttributeProto& attribute) { return attribute.name() == "dtype"; };
  if (std::ranges::any_of(node.attribute(), is_type)) return false;  // a type of its own
  const std::string_view op = node.op_type();
  if (node.domain() == "com.microsoft") return std::ranges::find(of_onnx_runtime, op) != of_onnx_runtime.end();
  return is_standard(node.domain()) && std::ranges::find(standard, op) != standard.end();
}

}  // namespace banoff::onnx_import
