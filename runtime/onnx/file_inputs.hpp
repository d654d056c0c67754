// A network's inputs as its file describes them: which sizes are fixed, and what the others are called.
#pragma once

#include <onnx/onnx_pb.h>

#include <set>

#include "runtime/graph/signature.hpp"

namespace banoff::onnx_import {

using Sizes = std::map<std::string, std::int64_t>;  ///< by symbol

struct FileInput {
  std::string name;
  DType dtype = DType::f32;
  std::vector<Dim> dims;     ///< each of a fixed size, or with a symbol and, if one was given, a size
  bool has_default = false;  ///< an initializer, of which it has the shape
};

/// Why an input is no tensor of a known shape, and can only be carried; empty for others. Whether a shape was `given`
/// for it counts.
[[nodiscard]] std::string why_carried(const onnx::ValueInfoProto& input, bool given);

/// The inputs, but for those that are carried and those that are initializers; from version 4 of the file format on
/// such an initializer is a default, unless `constants` has it or all of them are inputs: then they are weights, listed
/// by an old habit. A dimension without a size has the file's name for it as its symbol, as a word (so that model files
/// can say it), or one made from the input's name; a first dimension without a name is N. Sizes are taken from `given`,
/// by the file's name or ours, and N stands for every first dimension without a size. Throws bad_input where something
/// given does not fit the file.
[[nodiscard]] std::vector<FileInput> inputs_of(const onnx::ModelProto& model, const Bindings& given,
                                               const std::set<std::string>& constants);

}  // namespace banoff::onnx_import
