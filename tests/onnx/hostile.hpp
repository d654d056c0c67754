// What is said of small networks that no one should have made.
#pragma once

#include <functional>
#include <limits>

#include "tests/onnx/onnx_model.hpp"

namespace banoff::test {

inline constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t smallest = std::numeric_limits<std::int64_t>::min();

/// What is said of a network of one node on `x` [1, 3, 4, 4], which `make` adds with its constants.
[[nodiscard]] inline std::string said_of(std::int64_t opset, const std::function<void(OnnxModel&)>& make,
                                         const std::vector<std::int64_t>& shape = {1, 3, 4, 4}) {
  const TemporaryFolder folder;
  OnnxModel model(opset);
  model.input("x", shape).output("y");
  make(model);
  return input_error([&] { load_to_run(model.write(folder)); });
}

[[nodiscard]] inline bool tells(const std::string& message, const char* words) {
  CAPTURE(message);
  return message.find(words) != std::string::npos;
}

}  // namespace banoff::test
