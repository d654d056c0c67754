#include "runtime/onnx/known.hpp"

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff::onnx_import {

namespace {

std::int64_t mib(std::int64_t bytes) { return bytes >> 20; }

std::int64_t bytes_of(std::int64_t elements, std::size_t each) {
  return checked_mul(elements, static_cast<std::int64_t>(each));
}

}  // namespace

KnownTensors::KnownTensors(const std::filesystem::path& model, std::int64_t fixed, Effort* effort)
    : external_(model), effort_(effort), fixed_(fixed) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(model, error);
  if (!error) add_file(bytes);
}

void KnownTensors::add_file(std::size_t bytes) {
  file_bytes_ += bytes;
  stored_ = checked_add(stored_, bytes_of(8, bytes));
  (void)checked_add(stored_, fixed_);
}

std::int64_t KnownTensors::used_with(std::int64_t bytes) const {
  const std::int64_t wanted = checked_add(used_, bytes), most = stored_ + fixed_;
  if (wanted > most) {
    fail_input(
        "constants and what is computed from them would take {} MiB of memory; the limit for this model is {} MiB",
        mib(wanted), mib(most));
  }
  return wanted;
}

void KnownTensors::count(std::int64_t bytes) { used_ = used_with(bytes); }

void KnownTensors::spend(std::int64_t steps) const {
  if (effort_ != nullptr) effort_->spend(steps);
}

void KnownTensors::keep(std::size_t bytes) { count(static_cast<std::int64_t>(bytes)); }

/// Whoever borrows room for elements goes through them.
KnownTensors::Lease KnownTensors::lend(std::int64_t elements, std::size_t bytes_each) {
  const std::int64_t bytes = bytes_of(elements, bytes_each);
  (void)used_with(bytes);
  if (effort_ != nullptr) effort_->spend_on_elements(elements);
  return {*this, bytes};
}

std::pair<Known, std::byte*> KnownTensors::allocate(DType type, const Shape& shape) {
  count(bytes_of(shape.elements(), size_of(type)));
  if (effort_ != nullptr) effort_->spend_on_elements(shape.elements());
  auto [tensor, data] = Tensor::allocate(type, shape);
  return {Known(std::move(tensor)), data};
}

Known KnownTensors::stored(const onnx::TensorProto& proto) { return tensor_of(proto, *this); }

Known KnownTensors::taken(onnx::TensorProto& proto) {
  const bool inside = proto.has_raw_data() && proto.data_location() != onnx::TensorProto::EXTERNAL;
  const std::shared_ptr<const std::string> raw(inside ? proto.release_raw_data() : nullptr);
  return tensor_of(proto, *this, raw);
}

Known KnownTensors::adopted(DType type, const Shape& shape, std::shared_ptr<const std::byte> data) {
  count(bytes_of(shape.elements(), size_of(type)));
  return Known(Tensor(type, shape, std::move(data)));
}

onnx::TensorProto KnownTensors::with_data_inside(onnx::TensorProto proto) {
  if (proto.data_location() != onnx::TensorProto::EXTERNAL) return proto;
  const ExternalData::Bytes data = external(proto);
  count(static_cast<std::int64_t>(data.bytes.size()));
  proto.set_raw_data(data.bytes.data(), data.bytes.size());
  proto.clear_data_location();
  proto.clear_external_data();
  return proto;
}

ExternalData::Bytes KnownTensors::external(const onnx::TensorProto& proto) {
  ExternalData::Bytes found = external_.bytes_of(proto);
  if (found.first) {
    add_file(found.file->bytes().size());
    if (effort_ != nullptr) effort_->add_file(found.file->bytes().size());
  }
  return found;
}

Known KnownTensors::mapped(DType type, const Shape& shape, std::shared_ptr<const std::byte> data) const {
  return Known(Tensor(type, shape, std::move(data)));
}

/// That a function is called for each element is most of what it takes.
void KnownTensors::spend_on_calls(std::int64_t elements) const {
  constexpr std::int64_t steps_per_call = 24;
  spend(checked_mul(elements, steps_per_call));
}

Known KnownTensors::numbers(DType type, const Shape& shape, const std::function<double(std::int64_t)>& element) {
  auto [tensor, data] = allocate(type, shape);
  const std::int64_t count = shape.elements();
  spend_on_calls(count);
  // A lambda of Clang 14 cannot reach a structured binding, only a copy of it.
  visit_dtype(type, [&, out = data]<class T>(T) {
    for (std::int64_t i = 0; i < count; ++i) reinterpret_cast<T*>(out)[i] = cast_element<T>(element(i));
  });
  return tensor;
}

Known KnownTensors::integers(const Shape& shape, const std::function<std::int64_t(std::int64_t)>& element) {
  auto [tensor, data] = allocate(DType::i64, shape);
  auto* out = reinterpret_cast<std::int64_t*>(data);
  const std::int64_t count = shape.elements();
  spend_on_calls(count);
  for (std::int64_t i = 0; i < count; ++i) out[i] = element(i);
  return tensor;
}

Known KnownTensors::integers(std::span<const std::int64_t> values) {
  return integers({std::ssize(values)}, [&](std::int64_t i) { return values[static_cast<std::size_t>(i)]; });
}

Known KnownTensors::filled(DType type, const Shape& shape, double value) {
  return numbers(type, shape, [value](std::int64_t) { return value; });
}

Known KnownTensors::as(const Known& tensor, DType type) {
  if (tensor.dtype() == type) return tensor;
  count(bytes_of(tensor.elements(), size_of(type)));
  return Known(tensor.Tensor::as(type));
}

Known KnownTensors::permuted(const Tensor& tensor, const std::vector<std::int64_t>& to) {
  const auto [at, added] = permuted_.try_emplace({tensor.data(), tensor.dtype(), tensor.shape().vec(), to});
  if (added) {
    count(static_cast<std::int64_t>(tensor.bytes()));
    at->second = {tensor, onnx_import::permuted(tensor, to)};
  }
  return Known(at->second.second);
}

std::vector<Known> KnownTensors::computed(std::span<const Tensor> inputs, std::span<const TensorType> types,
                                          std::int64_t steps, const std::function<std::vector<Tensor>()>& compute) {
  // The reference kernels have floats in 64 bits, inputs as well as outputs.
  std::int64_t elements = 0;
  for (const Tensor& input : inputs) elements = checked_add(elements, input.elements());
  for (const TensorType& type : types) elements = checked_add(elements, type.shape.elements());
  for (const TensorType& type : types) count(bytes_of(type.shape.elements(), size_of(type.dtype)));
  const Lease meanwhile = lend(elements);
  spend(steps);
  std::vector<Known> results;
  for (const Tensor& result : compute()) results.push_back(Known(result.as(types[results.size()].dtype)));
  return results;
}

}  // namespace banoff::onnx_import
