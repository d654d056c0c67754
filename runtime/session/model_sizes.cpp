// A model at other sizes of its inputs.
#include <algorithm>

#include "runtime/core/fail.hpp"
#include "runtime/session/changed.hpp"
#include "runtime/session/channels.hpp"

namespace banoff {

namespace {

/// "1x3x224x224"; with the names of sizes that are open, "N x 3 x height x width".
std::string expected_of(const TensorInfo& input) {
  std::vector<std::string> sizes;
  for (std::size_t i = 0; i < input.shape.rank(); ++i) {
    sizes.push_back(input.symbols[i].empty() ? fmt::format("{}", input.shape[i]) : input.symbols[i]);
  }
  const bool open = std::ranges::any_of(input.symbols, [](const std::string& symbol) { return !symbol.empty(); });
  return open ? fmt::format("{}", fmt::join(sizes, " x ")) : input.shape.str();
}

/// Reads the open sizes off a shape of an input.
void take_sizes(const TensorInfo& input, const Shape& shape, Sizes& seen) {
  const auto wrong = [&](const std::string& why) {
    fail_input("input '{}' is {}, {} expected: {}", input.name, shape.str(), expected_of(input), why);
  };
  if (shape.rank() != input.shape.rank()) wrong(fmt::format("{} dimensions", input.shape.rank()));
  for (std::size_t i = 0; i < shape.rank(); ++i) {
    if (input.bounded && i == 0 && shape[0] <= input.shape[0]) continue;
    const std::string& symbol = input.symbols[i];
    if (symbol.empty() || (input.bounded && i == 0)) {
      if (shape[i] != input.shape[i]) wrong(fmt::format("dimension {} is fixed at {}", i, input.shape[i]));
      continue;
    }
    if (shape[i] < 1) wrong("tensors without elements are not supported");
    if (const auto [at, added] = seen.emplace(symbol, shape[i]); !added && at->second != shape[i]) {
      wrong(fmt::format("{} is {} and {}", symbol, at->second, shape[i]));
    }
  }
}

/// The model at the sizes of input shapes by name; the same where none of them is another.
Model at_shapes(const Model& model, const std::map<std::string, Shape>& shapes) {
  const Model::Contents& here = model.contents();
  const std::vector<TensorInfo> now = model.inputs();
  Sizes sizes;
  for (const auto& [name, shape] : shapes) {
    const auto input = std::ranges::find(now, name, &TensorInfo::name);
    if (input == now.end()) fail_input("the network has no input '{}'", name);
    take_sizes(*input, shape, sizes);
  }
  const auto differs = [&](const SizeInfo& size) {
    return sizes.contains(size.name) && sizes.at(size.name) != size.size;
  };
  if (std::ranges::none_of(here.sizes, differs)) return model;
  for (const SizeInfo& size : here.sizes) sizes.emplace(size.name, size.size);
  const auto frozen = [&](const SizeInfo& size) { return !size.fixed_by.empty() && differs(size); };
  Model::Contents contents = here;
  if (std::ranges::any_of(here.sizes, frozen)) {
    const Model there = here.at(sizes);
    contents.graph = there.contents().graph;
    contents.bindings = {};
    for (SizeInfo& size : contents.sizes) size.size = sizes.at(size.name);
  } else {
    contents.bindings = {sizes, {}};
  }
  return Model(with_types(std::move(contents)));
}

}  // namespace

Model Model::at(const std::map<std::string, Shape>& shapes) const {
  return blaming_channels(shapes, [&](const auto& given) { return at_shapes(*this, given); });
}

}  // namespace banoff
