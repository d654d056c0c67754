#include "runtime/onnx/tensor.hpp"

#include <charconv>
#include <cstring>
#include <optional>

#include "runtime/core/checked.hpp"
#include "runtime/load/mapped_file.hpp"
#include "runtime/onnx/element_type.hpp"

namespace banoff::onnx_import {

namespace {

using onnx::TensorProto;

Tensor from_raw(DType type, const Shape& shape, std::span<const std::byte> raw) {
  const auto expected =
      static_cast<std::size_t>(checked_mul(shape.elements(), static_cast<std::int64_t>(size_of(type))));
  if (raw.size() != expected) fail_input("{} bytes of data, {} expected for {}", raw.size(), expected, shape.str());
  auto [tensor, data] = Tensor::allocate(type, shape);
  if (!raw.empty()) std::memcpy(data, raw.data(), raw.size());
  if (type != DType::boolean) return tensor;
  for (std::size_t i = 0; i < raw.size(); ++i) data[i] = std::byte{raw[i] != std::byte{0}};
  return tensor;
}

/// The elements of one of the message's typed lists, which hold each element as a number.
template <class List>
Tensor from_list(DType type, const Shape& shape, const List& list) {
  if (list.size() != shape.elements()) {
    fail_input("{} elements, {} expected for {}", list.size(), shape.elements(), shape.str());
  }
  return visit_dtype(type, [&]<class T>(T) {
    auto [tensor, data] = Tensor::allocate(type, shape);
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

std::uint64_t number_of(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) fail_input("external data: '{}' is no number", text);
  return number;
}

/// Data kept in a file of its own, which must lie in the model's folder: a model must not read what it is not given.
Tensor from_outside(const TensorProto& proto, DType type, const Shape& shape, const std::filesystem::path& folder) {
  std::string location;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
  for (const auto& entry : proto.external_data()) {
    if (entry.key() == "location") location = entry.value();
    else if (entry.key() == "offset") offset = number_of(entry.value());
    else if (entry.key() == "length") length = number_of(entry.value());
  }
  std::error_code error;
  const std::filesystem::path root = std::filesystem::canonical(folder.empty() ? "." : folder, error);
  const std::filesystem::path file = error ? root : std::filesystem::canonical(root / location, error);
  const std::filesystem::path inside = file.lexically_relative(root);
  if (location.empty() || std::filesystem::path(location).is_absolute() || error || inside.empty() ||
      *inside.begin() == "..") {
    fail_input("external data '{}' is not a file in the model's folder", location);
  }
  const MappedFile mapped(file);
  const std::uint64_t wanted = length.value_or(offset <= mapped.bytes().size() ? mapped.bytes().size() - offset : 0);
  if (!range_fits(offset, wanted, mapped.bytes().size())) {
    fail_input("external data '{}': bytes {} and {} more, of {}", location, offset, wanted, mapped.bytes().size());
  }
  return from_raw(type, shape, mapped.bytes().subspan(offset, wanted));
}

}  // namespace

DType dtype_of_onnx(std::int32_t data_type) {
  if (const std::optional<DType> type = onnx_types.find(data_type)) return *type;
  const bool known = TensorProto::DataType_IsValid(data_type);
  fail_input("element type {} is not supported",
             known ? TensorProto::DataType_Name(static_cast<TensorProto::DataType>(data_type))
                   : fmt::format("number {}", data_type));
}

Tensor tensor_of(const TensorProto& proto, const std::filesystem::path& folder) {
  try {
    const DType type = dtype_of_onnx(proto.data_type());
    const Shape shape(std::span(proto.dims().data(), static_cast<std::size_t>(proto.dims_size())));
    (void)checked_mul(shape.elements(), 8);
    if (proto.has_segment()) fail_input("segmented tensors are not supported");
    if (proto.data_location() == TensorProto::EXTERNAL) return from_outside(proto, type, shape, folder);
    if (proto.has_raw_data()) return from_raw(type, shape, std::as_bytes(std::span(proto.raw_data())));
    switch (proto.data_type()) {
      case TensorProto::FLOAT: return from_list(type, shape, proto.float_data());
      case TensorProto::DOUBLE: return from_list(type, shape, proto.double_data());
      case TensorProto::INT64: return from_list(type, shape, proto.int64_data());
      case TensorProto::UINT32:
      case TensorProto::UINT64: return from_list(type, shape, proto.uint64_data());
      default: return from_list(type, shape, proto.int32_data());
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
