// How much may be computed while a file is read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/graph/signature.hpp"

namespace banoff::onnx_import {

/// Counts what takes time while a file is read, at all the sizes that are tried together: arithmetic, and elements that
/// are made or gone through. A small file could otherwise ask for hours within the memory that it may take.
class Effort {
 public:
  explicit Effort(std::int64_t steps) : most_(steps) {}

  /// A model may take more steps the larger its files are.
  void add_file(std::size_t bytes);
  /// Throws bad_input where so many more are beyond the limit.
  void spend(std::int64_t steps);
  /// The same for elements, which take some steps each.
  void spend_on_elements(std::int64_t elements);

 private:
  std::int64_t most_, spent_ = 0;
};

/// Steps of computing an op, besides going through its inputs and outputs.
[[nodiscard]] std::int64_t steps_of(const Node& node, std::span<const TensorType> inputs,
                                    std::span<const TensorType> outputs);

}  // namespace banoff::onnx_import
