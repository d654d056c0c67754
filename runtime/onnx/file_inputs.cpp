#include "runtime/onnx/file_inputs.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "runtime/core/fail.hpp"
#include "runtime/load/inputs.hpp"
#include "runtime/load/suggest.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/names.hpp"
#include "runtime/onnx/tensor.hpp"

namespace banoff::onnx_import {

namespace {

constexpr const char* batch_symbol = "N";

/// The symbols of one file: a word for each of its names.
class Symbols {
 public:
  std::string of(const std::string& name) {
    if (const auto known = words_.find(name); known != words_.end()) return known->second;
    std::string word = name.substr(0, 60);
    for (char& c : word) {
      if (std::isalnum(static_cast<unsigned char>(c)) == 0) c = '_';
    }
    if (word.empty() || std::isdigit(static_cast<unsigned char>(word[0])) != 0) word.insert(word.begin(), '_');
    return words_.emplace(name, taken_.made(word)).first->second;
  }
  [[nodiscard]] const std::map<std::string, std::string>& words() const noexcept { return words_; }

 private:
  std::map<std::string, std::string> words_;  ///< by the file's name
  UniqueNames taken_;
};

/// A dimension's name: the file's, or one for it.
std::string name_of_dim(const std::string& dim_param, const std::string& input, std::size_t axis) {
  if (!dim_param.empty()) return dim_param;
  return axis == 0 ? batch_symbol : fmt::format("{}_{}", input, axis);
}

std::vector<Dim> dims_of(const onnx::ValueInfoProto& input, const Shape* given, Symbols& symbols) {
  const onnx::TypeProto::Tensor& type = input.type().tensor_type();
  const std::size_t rank = type.has_shape() ? static_cast<std::size_t>(type.shape().dim_size()) : given->rank();
  if (given != nullptr && given->rank() != rank) {
    fail_input("input '{}': shape {} given, {} dimensions expected", input.name(), given->str(), rank);
  }
  std::vector<Dim> dims;
  for (std::size_t i = 0; i < rank; ++i) {
    const auto* dim = type.has_shape() ? &type.shape().dim(static_cast<int>(i)) : nullptr;
    const std::int64_t fixed =
        dim != nullptr && dim->has_dim_value() ? std::max<std::int64_t>(dim->dim_value(), -1) : -1;
    const std::int64_t wanted = given == nullptr ? 0 : (*given)[i];
    if (given != nullptr && wanted < 1)
      fail_input("input '{}': tensors without elements are not supported", input.name());
    if (fixed > 0 && wanted > 0 && wanted != fixed) {
      fail_input("input '{}': shape {} given, but dimension {} is fixed at {}", input.name(), given->str(), i, fixed);
    }
    if (fixed > 0) dims.push_back({fixed, "", false});
    else
      dims.push_back({wanted, symbols.of(name_of_dim(dim == nullptr ? "" : dim->dim_param(), input.name(), i)), false});
  }
  return dims;
}

/// Gives a symbol its size, the same wherever it stands.
void bind(std::vector<FileInput>& inputs, const std::string& symbol, std::int64_t size) {
  for (FileInput& input : inputs) {
    for (Dim& dim : input.dims) {
      if (dim.symbol != symbol) continue;
      if (dim.size > 0 && dim.size != size) {
        fail_input("input '{}': {} is {} here and {} elsewhere", input.name, symbol, dim.size, size);
      }
      dim.size = size;
    }
  }
}

void bind_symbols(std::vector<FileInput>& inputs, const Sizes& given, const Symbols& symbols) {
  for (const auto& [name, size] : given) {
    if (size < 1) fail_input("{}={}: a size is at least 1", name, size);
    std::set<std::string> meant;
    for (const auto& [theirs, ours] : symbols.words()) {
      if (name == theirs || name == ours) meant.insert(ours);
    }
    if (meant.empty() && name == batch_symbol) {
      for (const FileInput& input : inputs) {
        if (!input.dims.empty() && !input.dims[0].symbol.empty()) meant.insert(input.dims[0].symbol);
      }
    }
    if (meant.empty()) {
      std::vector<std::string_view> known;
      for (const auto& [theirs, ours] : symbols.words()) known.push_back(ours);
      if (known.empty()) fail_input("no size is called '{}': every size of this network is fixed", name);
      fail_input("no size is called '{}'{}", name, did_you_mean(name, known));
    }
    for (const std::string& symbol : meant) bind(inputs, symbol, size);
  }
}

std::map<std::string, const onnx::TensorProto*> initializers_of(const onnx::GraphProto& graph) {
  std::map<std::string, const onnx::TensorProto*> initializers;
  for (const onnx::TensorProto& initializer : graph.initializer()) initializers[initializer.name()] = &initializer;
  return initializers;
}

bool all_are_inputs(const onnx::GraphProto& graph,
                    const std::map<std::string, const onnx::TensorProto*>& initializers) {
  std::set<std::string> inputs;
  for (const onnx::ValueInfoProto& input : graph.input()) inputs.insert(input.name());
  return std::ranges::all_of(initializers, [&](const auto& initializer) { return inputs.contains(initializer.first); });
}

}  // namespace

std::string why_carried(const onnx::ValueInfoProto& input, bool given) {
  const std::string& name = input.name();
  if (!input.type().has_tensor_type()) return fmt::format("'{}' is no tensor", printable(name));
  const onnx::TypeProto::Tensor& type = input.type().tensor_type();
  if (!onnx_types.find(type.elem_type())) return why_unsupported(type.elem_type());
  if (!type.has_shape()) {
    return given ? "" : fmt::format("'{0}' has no shape; give one with --shape {0}:1x3x224x224", printable(name));
  }
  const auto rank = static_cast<std::size_t>(type.shape().dim_size());
  if (rank > Shape::max_rank) return fmt::format("{} dimensions, at most {} are supported", rank, Shape::max_rank);
  const auto is_empty = [](const auto& dim) { return dim.has_dim_value() && dim.dim_value() == 0; };
  if (std::ranges::any_of(type.shape().dim(), is_empty)) return "tensors without elements are not supported";
  return "";
}

std::vector<FileInput> inputs_of(const onnx::ModelProto& model, const Bindings& bindings,
                                 const std::set<std::string>& constants) {
  const std::map<std::string, const onnx::TensorProto*> initializers = initializers_of(model.graph());
  std::vector<std::string> to_give;
  for (const onnx::ValueInfoProto& input : model.graph().input()) {
    if (!initializers.contains(input.name())) to_give.push_back(input.name());
  }
  const Bindings given = with_names(bindings, to_give);
  const bool may_have_defaults = model.ir_version() >= 4 && !all_are_inputs(model.graph(), initializers);
  std::vector<FileInput> inputs;
  std::vector<std::string> names;
  Symbols symbols;
  for (const onnx::ValueInfoProto& input : model.graph().input()) {
    const auto initializer = initializers.find(input.name());
    const auto shape = given.inputs.find(input.name());
    names.push_back(input.name());
    if (initializer != initializers.end()) {
      if (!may_have_defaults || constants.contains(input.name())) continue;
      if (!onnx_types.find(initializer->second->data_type())) continue;
      if (!input.type().has_tensor_type()) fail_input("input '{}' is no tensor, its default is one", input.name());
      inputs.push_back({input.name(), dtype_of_onnx(input.type().tensor_type().elem_type()), {}, true});
      for (const std::int64_t size : initializer->second->dims()) inputs.back().dims.push_back({size, "", false});
      continue;
    }
    if (!why_carried(input, shape != given.inputs.end()).empty()) continue;
    inputs.push_back({input.name(), dtype_of_onnx(input.type().tensor_type().elem_type()),
                      dims_of(input, shape == given.inputs.end() ? nullptr : &shape->second, symbols), false});
  }
  for (const auto& [name, shape] : given.inputs) {
    if (std::ranges::find(names, name) == names.end()) {
      fail_input("the network has no input '{}'{}", name, did_you_mean(name, {names.begin(), names.end()}));
    }
  }
  const std::vector<FileInput> sized = inputs;
  for (const FileInput& input : sized) {
    for (const Dim& dim : input.dims) {
      if (!dim.symbol.empty() && dim.size > 0) bind(inputs, dim.symbol, dim.size);
    }
  }
  bind_symbols(inputs, given.symbols, symbols);
  return inputs;
}

}  // namespace banoff::onnx_import
