// ONNX's own operators: of the domain without a name.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <string_view>

namespace banoff {

[[nodiscard]] inline bool is_standard(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

/// The version of ONNX's own operators that a model or a function asks for; 0 where it names none.
template <class ModelOrFunction>
[[nodiscard]] std::int64_t opset_of(const ModelOrFunction& of) {
  for (const auto& opset : of.opset_import()) {
    if (is_standard(opset.domain())) return opset.version();
  }
  return 0;
}

}  // namespace banoff
