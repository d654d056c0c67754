#include <cstring>

#include "runtime/core/checked.hpp"
#include "runtime/load/load.hpp"
#include "runtime/load/mapped_file.hpp"
#include "runtime/load/safetensors.hpp"

namespace banoff {

namespace {

/// The tensor at `data`, which keeps the mapping alive, and the last copy of which takes its pages along; copied when
/// it is not aligned for its element type.
Tensor tensor_at(const StoredTensor& stored, const std::byte* data, const std::shared_ptr<const MappedFile>& mapping) {
  if (reinterpret_cast<std::uintptr_t>(data) % size_of(stored.dtype) == 0) {
    const std::span<const std::byte> part(data, stored.end - stored.begin);
    const auto forget = [mapping, part](const std::byte*) { mapping->forget(part); };
    return {stored.dtype, stored.shape, std::shared_ptr<const std::byte>(data, forget)};
  }
  auto [tensor, copy] = Tensor::allocate(stored.dtype, stored.shape);
  std::memcpy(copy, data, tensor.bytes());
  return tensor;
}

}  // namespace

std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& file, const LoadLimits& limits) {
  const auto mapping = std::make_shared<const MappedFile>(file);
  const std::span<const std::byte> bytes = mapping->bytes();
  try {
    constexpr std::size_t prefix = 8;
    if (bytes.size() < prefix) fail_input("{} bytes are no safetensors file", bytes.size());
    std::uint64_t length = 0;
    for (std::size_t i = 0; i < prefix; ++i) length |= std::to_integer<std::uint64_t>(bytes[i]) << (8 * i);
    if (length > limits.max_header_bytes) {
      fail_input("a header of {} bytes, more than the {} it may have", length, limits.max_header_bytes);
    }
    if (!range_fits(prefix, length, bytes.size())) {
      fail_input("a header of {} bytes in a file of {}: truncated, or not a safetensors file", length, bytes.size());
    }
    const std::string_view json(reinterpret_cast<const char*>(bytes.data()) + prefix, length);
    const std::byte* data = bytes.data() + prefix + length;
    std::map<std::string, Tensor> tensors;
    for (const auto& [name, stored] : parse_safetensors_header(json, bytes.size() - prefix - length)) {
      tensors.emplace(name, tensor_at(stored, data + stored.begin, mapping));
    }
    return tensors;
  } catch (const Error& error) {
    throw Error(error.kind(), fmt::format("{}: {}", file.string(), error.what()));
  }
}

}  // namespace banoff
