#include "runtime/load/inputs.hpp"

#include <algorithm>
#include <cctype>

#include "runtime/core/fail.hpp"
#include "runtime/load/attribute.hpp"

namespace banoff {

namespace {

constexpr std::int64_t max_dim = std::int64_t{1} << 40;

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  const auto last = text.find_last_not_of(' ');
  return first == std::string_view::npos ? std::string() : std::string(text.substr(first, last - first + 1));
}

bool is_symbol(const std::string& text) {
  const auto word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !text.empty() && text.size() <= 64 && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::ranges::all_of(text, word);
}

std::int64_t size_of_dim(const Datum& from) {
  const auto* size = from.as<std::int64_t>();
  if (size == nullptr || *size < 1 || *size > max_dim)
    fail_input("expected a size from 1 to 2^40, got {}", from.describe());
  return *size;
}

/// What an input with a default holds until its tensor is read: zeros. They are few, so that a short text cannot ask
/// for much memory.
Tensor no_default_yet(const GraphInput& input) {
  constexpr std::int64_t most = 1 << 20;
  const TensorType type = nominal_type(input, {});
  if (type.shape.elements() > most) fail_input("{} is more than a default may have ({} elements)", type.str(), most);
  const auto is_open = [](const Dim& dim) { return !dim.symbol.empty(); };
  if (std::ranges::any_of(input.dims, is_open)) fail_input("an input with a default has fixed sizes");
  return Tensor::allocate(type.dtype, type.shape).first;
}

/// The sizes and element type of one input. Throws without a location.
GraphInput input_of(const Datum& shape, const Datum& dtype, const Datum& has_default) {
  GraphInput input;
  if (!dtype.is_null()) read_attribute(dtype, input.dtype);
  if (shape.items() == nullptr || shape.items()->size() > Shape::max_rank) {
    fail_input("expected a list of at most {} sizes, got {}", Shape::max_rank, shape.describe());
  }
  for (const Datum& dim : *shape.items()) {
    input.dims.push_back(read_dim(dim));
    if (input.dims.back().bounded && input.dims.size() > 1) fail_input("only the first size can be bounded");
  }
  bool with_default = false;
  if (!has_default.is_null()) read_attribute(has_default, with_default);
  if (with_default) input.default_value = no_default_yet(input);
  return input;
}

}  // namespace

Dim read_dim(const Datum& from) {
  const auto* text = from.as<std::string>();
  if (text == nullptr) return {size_of_dim(from), {}, false};
  const std::size_t equals = text->find('=');
  if (equals == std::string::npos) {
    if (!is_symbol(*text)) fail_input("'{}' is no size: expected 64, N, N=1 or N<=100", *text);
    return {0, *text, false};
  }
  const bool bounded = equals > 0 && (*text)[equals - 1] == '<';
  const std::string symbol = trimmed(std::string_view(*text).substr(0, equals - (bounded ? 1 : 0)));
  if (!is_symbol(symbol)) fail_input("'{}' is no size: expected 64, N, N=1 or N<=100", *text);
  return {size_of_dim(datum_of(trimmed(std::string_view(*text).substr(equals + 1)))), symbol, bounded};
}

std::string print_dim(const Dim& dim) {
  if (dim.symbol.empty()) return fmt::format("{}", dim.size);
  if (dim.bounded) return fmt::format("{}<={}", dim.symbol, dim.size);
  return dim.size == 0 ? dim.symbol : fmt::format("{}={}", dim.symbol, dim.size);
}

Bindings with_names(Bindings given, const std::vector<std::string>& inputs) {
  auto unnamed = given.inputs.extract("");
  if (unnamed.empty()) return given;
  if (inputs.size() != 1) fail_input("a shape without a name, but the inputs are {}", fmt::join(inputs, ", "));
  given.inputs.emplace(inputs.front(), unnamed.mapped());
  return given;
}

void read_inputs(const Yaml& section, const std::string& file, const Env& env, Graph& graph) {
  if (!section.is(Yaml::Kind::map) || section.entries.empty()) {
    fail_at(file, section.line, "inputs must be a map from name to shape");
  }
  for (const YamlEntry& entry : section.entries) {
    const bool is_map = entry.value->is(Yaml::Kind::map);
    const std::string what = fmt::format("input '{}'", entry.key);
    if (entry.key.empty()) fail_at(file, entry.line, "an input needs a name");
    if (is_map) check_keys(*entry.value, what, {"shape", "dtype", "default"}, file);
    const YamlEntry* shape = is_map ? entry.value->find("shape") : &entry;
    const auto value_of = [&](std::string_view key) {
      const YamlEntry* found = is_map ? entry.value->find(key) : nullptr;
      return found == nullptr ? Datum() : interpolate(*found->value, env, file);
    };
    if (shape == nullptr) fail_at(file, entry.line, what + ": 'shape' must be given");
    const Datum dims = interpolate(*shape->value, env, file);
    const Datum type = value_of("dtype"), has_default = value_of("default");
    try {
      GraphInput input = input_of(dims, type, has_default);
      graph.add_input(entry.key, input.dtype, std::move(input.dims));
      graph.inputs.back().default_value = std::move(input.default_value);
    } catch (const Error& error) {
      fail_at(file, entry.line, what + ": " + error.what());
    }
  }
}

TensorType nominal_type(const GraphInput& input, const std::map<std::string, std::int64_t>& sizes) {
  TensorType type{input.dtype, {}, false};
  for (const Dim& dim : input.dims) {
    const auto assumed = sizes.find(dim.symbol);
    type.shape.push_back(dim.size > 0 || assumed == sizes.end() ? std::max<std::int64_t>(dim.size, 1)
                                                                : assumed->second);
    type.bounded = type.bounded || dim.bounded;
  }
  return type;
}

}  // namespace banoff
