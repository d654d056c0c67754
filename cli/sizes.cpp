#include "cli/sizes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace banoff::cli {

namespace {

/// Shapes of the inputs with one open size more by `step`, a batch by one.
std::map<std::string, Shape> grown(const std::vector<TensorInfo>& inputs, const std::string& symbol,
                                   std::int64_t step) {
  std::map<std::string, Shape> shapes;
  for (const TensorInfo& input : inputs) {
    shapes[input.name] = input.shape;
    for (std::size_t i = 0; i < input.shape.rank(); ++i) {
      if (input.symbols[i] == symbol) shapes[input.name][i] += i == 0 ? 1 : step;
    }
  }
  return shapes;
}

std::optional<Model> at_another(const Model& model, const std::string& symbol) {
  for (const std::int64_t step : {8, 32, 64, 1, -32}) {
    try {
      return model.at(grown(model.inputs(), symbol, step));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::bad_input) throw;
    }
  }
  return std::nullopt;
}

}  // namespace

void print_sizes(const std::vector<SizeInfo>& sizes) {
  if (sizes.empty()) return;
  std::vector<std::string> words;
  for (const SizeInfo& size : sizes) {
    const bool told = !size.assumed || size.size == 1;
    words.push_back(
        fmt::format("{}={}{}", size.name, size.size, told ? "" : fmt::format(" (assumed; --shape {}=…)", size.name)));
  }
  fmt::print("sizes: {}\n", fmt::join(words, ", "));
}

void print_fixed(const std::string& output, const std::vector<SizeInfo>& sizes) {
  for (const SizeInfo& size : sizes) {
    if (!size.fixed_by.empty())
      fmt::print("{} is for {}={} alone: {} (another: --shape {}=…)\n", output, size.name, size.size, size.fixed_by,
                 size.name);
  }
}

Json sizes_json(const std::vector<SizeInfo>& sizes) {
  Json rows = Json::array();
  for (const SizeInfo& size : sizes) {
    rows.push_back({{"name", size.name},
                    {"size", size.size},
                    {"assumed", size.assumed},
                    {"fixed_by", size.fixed_by.empty() ? Json() : Json(size.fixed_by)}});
  }
  return rows;
}

std::optional<Model> at_other_sizes(const Model& model) {
  std::optional<Model> result;
  for (const SizeInfo& size : model.sizes()) {
    if (auto other = at_another(result.value_or(model), size.name)) result = std::move(other);
  }
  return result;
}

}  // namespace banoff::cli
