#include "banoff/tensor.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

#include "runtime/core/checked.hpp"
#include "runtime/core/convert.hpp"
#include "runtime/core/dtype.hpp"

namespace banoff {

namespace {
constexpr DTypeTable<std::string_view> names({{DType::f64, "f64"},
                                              {DType::f32, "f32"},
                                              {DType::f16, "f16"},
                                              {DType::bf16, "bf16"},
                                              {DType::i64, "i64"},
                                              {DType::i32, "i32"},
                                              {DType::i16, "i16"},
                                              {DType::i8, "i8"},
                                              {DType::u64, "u64"},
                                              {DType::u32, "u32"},
                                              {DType::u16, "u16"},
                                              {DType::u8, "u8"},
                                              {DType::boolean, "bool"}});
}  // namespace

std::size_t size_of(DType type) noexcept {
  return visit_dtype(type, []<class T>(T) { return sizeof(T); });
}

std::string_view name_of(DType type) noexcept { return names[type]; }

DType dtype_named(std::string_view name) {
  const std::optional<DType> type = names.find(name);
  if (!type) fail_input("unknown element type '{}' (known: {})", name, fmt::join(names.values(), " "));
  return *type;
}

Shape::Shape(std::span<const std::int64_t> dims) {
  for (const std::int64_t dim : dims) push_back(dim);
}

void Shape::push_back(std::int64_t dim) {
  if (rank_ == max_rank) fail_input("more than {} dimensions", max_rank);
  dims_[rank_++] = dim;
}

std::int64_t Shape::elements() const { return elements(0, rank_); }

std::int64_t Shape::elements(std::size_t first, std::size_t last) const {
  std::int64_t product = 1;
  for (std::size_t i = first; i < last; ++i) {
    if (dims_[i] < 0) fail_input("negative size in shape {}", str());
    product = checked_mul(product, dims_[i]);
  }
  return product;
}

std::string Shape::str() const { return rank_ == 0 ? "scalar" : fmt::format("{}", fmt::join(begin(), end(), "x")); }

std::pair<Tensor, std::byte*> Tensor::allocate(DType type, Shape shape) {
  const std::int64_t bytes = checked_mul(shape.elements(), static_cast<std::int64_t>(size_of(type)));
  // At least one byte, so that an empty tensor is still told from no tensor at all. Memory fresh from the system is
  // zero already, and calloc knows.
  const std::shared_ptr<std::byte> storage(
      static_cast<std::byte*>(std::calloc(static_cast<std::size_t>(std::max<std::int64_t>(bytes, 1)), 1)), std::free);
  if (storage == nullptr) throw std::bad_alloc();
  return {Tensor(type, shape, storage), storage.get()};
}

template <class T>
Tensor Tensor::of(Shape shape, std::vector<T> values) {
  if (shape.elements() != std::ssize(values)) {
    fail_input("{} values given for a tensor of shape {}", values.size(), shape.str());
  }
  if (values.empty()) return allocate(dtype_of<T>, shape).first;
  const auto storage = std::make_shared<const std::vector<T>>(std::move(values));
  const auto* data = reinterpret_cast<const std::byte*>(storage->data());
  return {dtype_of<T>, shape, std::shared_ptr<const std::byte>(storage, data)};
}

template <class T>
std::span<const T> Tensor::values() const {
  if (dtype_of<T> != type_) fail_internal("tensor of {} read as {}", name_of(type_), name_of(dtype_of<T>));
  return {reinterpret_cast<const T*>(data_.get()), static_cast<std::size_t>(elements())};
}

template <class T>
std::vector<T> Tensor::to_vector() const {
  std::vector<T> out(static_cast<std::size_t>(elements()));
  convert_elements(type_, data_.get(), dtype_of<T>, reinterpret_cast<std::byte*>(out.data()), out.size());
  return out;
}

Tensor Tensor::as(DType type) const {
  if (type == type_) return *this;
  auto [tensor, data] = allocate(type, shape_);
  convert_elements(type_, data_.get(), type, data, static_cast<std::size_t>(elements()));
  return tensor;
}

Tensor Tensor::reshaped(Shape shape) const {
  if (shape.elements() != elements()) fail_internal("reshape of {} to {}", shape_.str(), shape.str());
  return {type_, shape, data_};
}

#define BANOFF_TENSOR_OF(T)                              \
  template Tensor Tensor::of<T>(Shape, std::vector<T>);  \
  template std::span<const T> Tensor::values<T>() const; \
  template std::vector<T> Tensor::to_vector<T>() const;
BANOFF_TENSOR_OF(double)
BANOFF_TENSOR_OF(float)
BANOFF_TENSOR_OF(std::int64_t)
BANOFF_TENSOR_OF(std::int32_t)
BANOFF_TENSOR_OF(std::int16_t)
BANOFF_TENSOR_OF(std::int8_t)
BANOFF_TENSOR_OF(std::uint64_t)
BANOFF_TENSOR_OF(std::uint32_t)
BANOFF_TENSOR_OF(std::uint16_t)
BANOFF_TENSOR_OF(std::uint8_t)
#undef BANOFF_TENSOR_OF

}  // namespace banoff
