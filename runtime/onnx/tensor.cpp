#include "runtime/onnx/tensor.hpp"

#include <cstring>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/element_type.hpp"

namespace banoff::onnx_import {

namespace {

using onnx::TensorProto;

void check_size(DType type, const Shape& shape, std::span<const std::byte> raw) {
  const auto expected =
      static_cast<std::size_t>(checked_mul(shape.elements(), static_cast<std::int64_t>(size_of(type))));
  if (raw.size() != expected) fail_input("{} bytes of data, {} expected for {}", raw.size(), expected, shape.str());
}

Known from_raw(DType type, const Shape& shape, std::span<const std::byte> raw, KnownTensors& known) {
  check_size(type, shape, raw);
  auto [tensor, data] = known.allocate(type, shape);
  if (!raw.empty()) std::memcpy(data, raw.data(), raw.size());
  if (type != DType::boolean) return tensor;
  for (std::size_t i = 0; i < raw.size(); ++i) data[i] = std::byte{raw[i] != std::byte{0}};
  return tensor;
}

/// Data that was taken out of the message: as it lies there where it can be read so.
Known from_taken(DType type, const Shape& shape, const std::shared_ptr<const std::string>& raw, KnownTensors& known) {
  const std::span<const std::byte> bytes = std::as_bytes(std::span(*raw));
  const bool as_is = type != DType::boolean && reinterpret_cast<std::uintptr_t>(bytes.data()) % size_of(type) == 0;
  if (!as_is || bytes.empty()) return from_raw(type, shape, bytes, known);
  check_size(type, shape, bytes);
  return known.adopted(type, shape, {raw, bytes.data()});
}

/// The elements of one of the message's typed lists, which hold each element as a number.
template <class List>
Known from_list(DType type, const Shape& shape, const List& list, KnownTensors& known) {
  if (list.size() != shape.elements()) {
    fail_input("{} elements, {} expected for {}", list.size(), shape.elements(), shape.str());
  }
  return visit_dtype(type, [&]<class T>(T) {
    auto [tensor, data] = known.allocate(type, shape);
    for (int i = 0; i < list.size(); ++i) {
      T value;
      if constexpr (std::is_same_v<T, f16> || std::is_same_v<T, bf16>)
        value = T{static_cast<std::uint16_t>(list.Get(i))};
      else value = cast_element<T>(list.Get(i));
      std::memcpy(data + sizeof(T) * static_cast<std::size_t>(i), &value, sizeof(T));
    }
    return tensor;
  });
}

/// Data kept in a file of its own: as it lies there where it can be read so.
Known from_outside(const TensorProto& proto, DType type, const Shape& shape, KnownTensors& known) {
  const auto [file, bytes, first] = known.external(proto);
  const bool as_is = type != DType::boolean && reinterpret_cast<std::uintptr_t>(bytes.data()) % size_of(type) == 0;
  check_size(type, shape, bytes);
  if (!as_is || bytes.empty()) return from_raw(type, shape, bytes, known);
  return known.mapped(type, shape, {file, bytes.data()});
}

}  // namespace

std::string why_unsupported(std::int32_t data_type) {
  const bool known = TensorProto::DataType_IsValid(data_type);
  return fmt::format("element type {} is not supported",
                     known ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(data_type))
                           : fmt::format("number {}", data_type));
}

DType dtype_of_onnx(std::int32_t data_type) {
  if (const std::optional<DType> type = onnx_types.find(data_type)) return *type;
  fail_input("{}", why_unsupported(data_type));
}

Known tensor_of(const TensorProto& proto, KnownTensors& known, const std::shared_ptr<const std::string>& raw) {
  try {
    const DType type = dtype_of_onnx(proto.data_type());
    const Shape shape(std::span(proto.dims().data(), static_cast<std::size_t>(proto.dims_size())));
    (void)checked_mul(shape.elements(), 8);
    if (proto.has_segment()) fail_input("segmented tensors are not supported");
    if (proto.data_location() == TensorProto::EXTERNAL) return from_outside(proto, type, shape, known);
    if (raw != nullptr) return from_taken(type, shape, raw, known);
    if (proto.has_raw_data()) return from_raw(type, shape, std::as_bytes(std::span(proto.raw_data())), known);
    switch (proto.data_type()) {
      case TensorProto::FLOAT: return from_list(type, shape, proto.float_data(), known);
      case TensorProto::DOUBLE: return from_list(type, shape, proto.double_data(), known);
      case TensorProto::INT64: return from_list(type, shape, proto.int64_data(), known);
      case TensorProto::UINT32:
      case TensorProto::UINT64: return from_list(type, shape, proto.uint64_data(), known);
      default: return from_list(type, shape, proto.int32_data(), known);
    }
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("tensor '{}': {}", proto.name(), error.what()));
  }
}

Tensor filled(const Shape& shape, double value, DType type) {
  return Tensor::of<double>(shape, std::vector<double>(static_cast<std::size_t>(shape.elements()), value)).as(type);
}

Tensor permuted(const Tensor& value, const std::vector<std::int64_t>& to) {
  const Shape& from = value.shape();
  const std::size_t rank = from.rank(), bytes = size_of(value.dtype());
  Shape shape = from;
  for (std::size_t d = 0; d < rank; ++d) shape[static_cast<std::size_t>(to[d])] = from[d];
  // What a step along a dimension of `value` is in the result.
  std::vector<std::int64_t> steps(rank);
  for (std::size_t d = 0; d < rank; ++d) steps[d] = shape.elements(static_cast<std::size_t>(to[d]) + 1, rank);
  auto [result, data] = Tensor::allocate(value.dtype(), shape);
  std::vector<std::int64_t> index(rank, 0);
  std::int64_t at = 0;
  for (std::size_t i = 0; i < value.bytes(); i += bytes) {
    std::memcpy(data + static_cast<std::size_t>(at) * bytes, value.data() + i, bytes);
    for (std::size_t d = rank; d-- > 0;) {
      at += steps[d];
      if (++index[d] < from[d]) break;
      at -= steps[d] * from[d];
      index[d] = 0;
    }
  }
  return result;
}

}  // namespace banoff::onnx_import
