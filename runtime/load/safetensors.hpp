// The header of a safetensors file: 8 bytes of length (little-endian), then JSON, then the tensors' bytes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "banoff/tensor.hpp"

namespace banoff {

/// Where a tensor lies in the bytes after the header.
struct StoredTensor {
  DType dtype = DType::f32;
  Shape shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

/// Parses and checks a header against the size of the data behind it: known element types, shapes that match their
/// bytes, no byte shared or unused. Throws bad_input, without the file's name.
[[nodiscard]] std::map<std::string, StoredTensor> parse_safetensors_header(std::string_view json,
                                                                           std::uint64_t data_size);

/// How safetensors calls an element type.
[[nodiscard]] std::string_view safetensors_name(DType type) noexcept;

}  // namespace banoff
