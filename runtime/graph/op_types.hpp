// The kinds of value an op's attributes can have. Each is readable from YAML and printable (load/fields.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace banoff {

using Ints = std::vector<std::int64_t>;

/// Marks an attribute that has no default: it must be written.
struct Required {};
inline constexpr Required required{};

/// One number for every spatial dimension, or one per dimension.
struct Spatial {
  Ints values;

  Spatial(std::int64_t all = 1) : values{all} {}
  explicit Spatial(Ints each) : values(std::move(each)) {}
  [[nodiscard]] std::int64_t at(std::size_t dim) const { return values.size() == 1 ? values[0] : values.at(dim); }
  /// Whether this can be read for `rank` spatial dimensions.
  [[nodiscard]] bool fits(std::size_t rank) const { return values.size() == 1 || values.size() == rank; }
  bool operator==(const Spatial&) const = default;
};

/// Padding of a windowed op: explicit begin/end per spatial dimension, or "same" (output = ceil(input / stride)).
struct Padding {
  enum class Mode : std::uint8_t { given, same, same_lower };
  Mode mode = Mode::given;
  Spatial begin{0};
  Spatial end{0};
  bool operator==(const Padding&) const = default;
};

enum class PadMode : std::uint8_t { constant, reflect, edge };
enum class ResizeMode : std::uint8_t { nearest, linear };
enum class Coordinates : std::uint8_t { half_pixel, align_corners, asymmetric };
enum class Rounding : std::uint8_t { floor, ceil, round_prefer_floor, round_prefer_ceil };

/// Words for an enumeration, in the order of its values: how it is written in a model file.
template <class E>
inline constexpr std::array<std::string_view, 0> words_of{};
template <>
inline constexpr std::array<std::string_view, 3> words_of<PadMode>{"constant", "reflect", "edge"};
template <>
inline constexpr std::array<std::string_view, 2> words_of<ResizeMode>{"nearest", "linear"};
template <>
inline constexpr std::array<std::string_view, 3> words_of<Coordinates>{"half_pixel", "align_corners", "asymmetric"};
template <>
inline constexpr std::array<std::string_view, 4> words_of<Rounding>{"floor", "ceil", "round_prefer_floor",
                                                                    "round_prefer_ceil"};

/// The parameters a node can hold, each at most once. Their names in a weights file depend on the op (slot_name).
enum class Slot : std::uint8_t {
  weight,
  bias,
  mean,
  var,
  pad_value,
  value,
  lower,
  upper,
  kink,
  below,
  above,
  peephole,
  weight_scale
};

}  // namespace banoff
