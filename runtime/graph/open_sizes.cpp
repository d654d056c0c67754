#include "runtime/graph/open_sizes.hpp"

#include <algorithm>
#include <optional>

#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

const Shape& shape_of(const GraphInput& input, const std::vector<TensorType>& types) {
  return types[static_cast<std::size_t>(input.value)].shape;
}

std::optional<std::vector<TensorType>> types_at(const Graph& graph, const Bindings& bindings) {
  try {
    return infer_types(graph, bindings);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input) throw;
    return std::nullopt;
  }
}

}  // namespace

std::vector<OpenSize> open_sizes(const Graph& graph, const std::vector<TensorType>& types) {
  std::vector<OpenSize> open;
  for (const GraphInput& input : graph.inputs) {
    for (std::size_t i = 0; i < input.dims.size(); ++i) {
      const Dim& dim = input.dims[i];
      if (dim.symbol.empty() || dim.bounded) continue;
      const auto known = std::ranges::find(open, dim.symbol, &OpenSize::symbol);
      if (known == open.end()) open.push_back({dim.symbol, shape_of(input, types)[i], i == 0});
      else known->batch = known->batch || i == 0;
    }
  }
  return open;
}

std::vector<std::int64_t> sizes_beside(const OpenSize& open) {
  const std::int64_t n = open.size;
  // Sizes of 1 repeat where others do not, so that a batch is looked at without them, and from them.
  std::vector<std::int64_t> sizes = open.batch ? std::vector{n + 1, n + 2, std::int64_t{1}}
                                               : std::vector{n + 1, n + 7, n + 32, n + 64, 2 * n, n + 128, n - 32};
  std::erase_if(sizes, [&](std::int64_t size) { return size < 1 || size == n; });
  return sizes;
}

Bindings bindings_with(const std::vector<OpenSize>& open, const std::string& changed, std::int64_t size) {
  Bindings bindings;
  for (const OpenSize& each : open) bindings.symbols[each.symbol] = each.symbol == changed ? size : each.size;
  return bindings;
}

std::vector<Elsewhere> beside(const Graph& graph, const std::vector<OpenSize>& open, const OpenSize& of) {
  constexpr std::size_t enough = 3;
  std::vector<Elsewhere> result;
  for (const std::int64_t size : sizes_beside(of)) {
    if (result.size() == enough) break;
    if (auto types = types_at(graph, bindings_with(open, of.symbol, size))) {
      result.push_back({of.symbol, size, std::move(*types)});
    }
  }
  return result;
}

std::vector<std::vector<Dim>> dims_of(const Graph& graph) {
  std::vector<std::vector<Dim>> dims;
  for (const GraphInput& input : graph.inputs) dims.push_back(input.dims);
  return dims;
}

std::vector<std::map<std::string, std::int64_t>> likely_sizes(const std::vector<std::vector<Dim>>& inputs) {
  constexpr std::int64_t sides[] = {224, 256, 320, 640, 512, 416, 384, 128, 64, 48, 32, 1024, 28, 16, 8};
  std::vector<std::map<std::string, std::int64_t>> result;
  for (const std::int64_t channels : {3, 1}) {
    for (const std::int64_t side : sides) {
      std::map<std::string, std::int64_t> sizes;
      for (const std::vector<Dim>& dims : inputs) {
        for (std::size_t i = 0; i < dims.size(); ++i) {
          if (dims[i].symbol.empty() || dims[i].size > 0) continue;
          sizes.emplace(dims[i].symbol, i == 0 ? 1 : i == 1 && dims.size() > 3 ? channels : side);
        }
      }
      if (std::ranges::find(result, sizes) == result.end()) result.push_back(std::move(sizes));
    }
  }
  return result;
}

void fix_size(Graph& graph, const std::vector<TensorType>& types, const std::string& symbol) {
  for (GraphInput& input : graph.inputs) {
    for (std::size_t i = 0; i < input.dims.size(); ++i) {
      if (input.dims[i].symbol == symbol) input.dims[i] = {shape_of(input, types)[i], "", false};
    }
  }
}

}  // namespace banoff
