// Ops on single values and on places: what ONNX networks compute around their layers. Folding stops at all of them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "banoff/tensor.hpp"
#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

enum class UnaryKind : std::uint8_t {
  abs,
  neg,
  sign,
  floor,
  ceil,
  round,  ///< halves to the even neighbour
  reciprocal,
  sqrt,
  exp,
  log,
  erf,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  asinh,
  acosh,
  atanh,
  logical_not
};

/// A function of one element, of the same type. Of integers `abs`, `neg`, `sign` and those that round, of booleans
/// `not`.
struct Unary {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::apart, no_slot,       Work{1, 0}};
  UnaryKind kind = UnaryKind::abs;
  void fields(auto&&, auto&) const {}
  bool operator==(const Unary&) const = default;
};

enum class CompareKind : std::uint8_t { equal, less, less_equal };

/// Elementwise comparison with NumPy broadcasting, to booleans.
struct Compare {
  static constexpr OpFacts facts{by_kind,    two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       Work{1, 0}};
  CompareKind kind = CompareKind::equal;
  void fields(auto&&, auto&) const {}
  bool operator==(const Compare&) const = default;
};

enum class PairKind : std::uint8_t {
  max,
  min,
  pow,
  mod,  ///< remainder with the divisor's sign
  fmod  ///< remainder with the dividend's sign
};

/// An elementwise function of two with NumPy broadcasting, of one type. `max` and `min` keep NaN, and are `or` and
/// `and` of booleans. A remainder of division by the integer 0 is 0.
struct Pair {
  static constexpr OpFacts facts{by_kind,    two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       Work{1, 0}};
  PairKind kind = PairKind::max;
  void fields(auto&&, auto&) const {}
  bool operator==(const Pair&) const = default;
};

/// Elementwise with NumPy broadcasting: the second input where the first (boolean) is true, else the third.
struct Where {
  static constexpr OpFacts facts{"where",    three_inputs,       Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       no_work};
  void fields(auto&&, auto&) const {}
  bool operator==(const Where&) const = default;
};

enum class ReduceKind : std::uint8_t { sum, max, min, prod, mean };

/// A `mean` is one of floats.
struct Reduce {
  static constexpr OpFacts facts{by_kind,    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       Work{0, 1}};
  ReduceKind kind = ReduceKind::sum;
  Ints axes;
  bool keep_dims = true;
  void fields(auto&& f, auto& self) const { f("axes", self.axes, required), f("keep_dims", self.keep_dims); }
  bool operator==(const Reduce&) const = default;
};

enum class ArgKind : std::uint8_t { max, min };

/// Where along an axis the largest or smallest value stands, as i64; of several the first, or the `last`. A NaN stands
/// before every number.
struct ArgReduce {
  static constexpr OpFacts facts{by_kind,    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       Work{0, 1}};
  ArgKind kind = ArgKind::max;
  std::int64_t axis = 0;
  bool keep_dims = true;
  bool last = false;
  void fields(auto&& f, auto& self) const {
    f("axis", self.axis, required), f("keep_dims", self.keep_dims), f("last", self.last);
  }
  bool operator==(const ArgReduce&) const = default;
};

/// The `k` largest (or smallest) values along an axis, best first, and where they stood (i64). Of equals the first
/// counts; a NaN is larger than every number.
struct TopK {
  static constexpr OpFacts facts{"top_k",    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  std::int64_t axis = -1;
  std::int64_t k = 0;
  bool largest = true;
  void fields(auto&& f, auto& self) const {
    f("axis", self.axis), f("k", self.k, required), f("largest", self.largest);
  }
  bool operator==(const TopK&) const = default;
};

enum class CumulateKind : std::uint8_t { sum, prod };

/// Running sums or products along an axis; an `exclusive` one leaves out the element itself.
struct Cumulate {
  static constexpr OpFacts facts{by_kind,    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       Work{0, 1}};
  CumulateKind kind = CumulateKind::sum;
  std::int64_t axis = 0;
  bool exclusive = false, reverse = false;
  void fields(auto&& f, auto& self) const {
    f("axis", self.axis, required), f("exclusive", self.exclusive), f("reverse", self.reverse);
  }
  bool operator==(const Cumulate&) const = default;
};

/// Broadcasts to `shape` by NumPy's rule.
struct Expand {
  static constexpr OpFacts facts{"expand",   one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints shape;
  void fields(auto&& f, auto& self) const { f("shape", self.shape, required); }
  bool operator==(const Expand&) const = default;
};

// Indices are integers and may count from the end. One outside its dimension reads 0 and writes nothing.

/// Slices of x along `axis` that the second input names: NumPy's take.
struct Gather {
  static constexpr OpFacts facts{"gather",   two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  std::int64_t axis = 0;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Gather&) const = default;
};

/// y[i, j, k] = x[index[i, j, k], j, k] for axis 0, and so on: NumPy's take_along_axis.
struct GatherElements {
  static constexpr OpFacts facts{"gather_elements", two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::own,        Pictures::together, no_slot,       no_work};
  std::int64_t axis = 0;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const GatherElements&) const = default;
};

/// The last dimension of the second input names places in x, behind the dimensions that both share.
struct GatherNd {
  static constexpr OpFacts facts{"gather_nd", two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::own,  Pictures::together, no_slot,       no_work};
  std::int64_t batch_dims = 0;
  void fields(auto&& f, auto& self) const { f("batch_dims", self.batch_dims); }
  bool operator==(const GatherNd&) const = default;
};

enum class Reduction : std::uint8_t { none, add, mul, max, min };
template <>
inline constexpr std::array<std::string_view, 5> words_of<Reduction>{"none", "add", "mul", "max", "min"};

/// x with the third input's elements put where the second says along `axis`, or combined with what is there.
struct ScatterElements {
  static constexpr OpFacts facts{"scatter_elements", three_inputs,       Elements::any, Memory::computed, Role::other,
                                 Order::own,         Pictures::together, no_slot,       no_work};
  std::int64_t axis = 0;
  Reduction reduction = Reduction::none;
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("reduction", self.reduction); }
  bool operator==(const ScatterElements&) const = default;
};

/// x with the third input's slices put at the places that the last dimension of the second names.
struct ScatterNd {
  static constexpr OpFacts facts{"scatter_nd", three_inputs,       Elements::any, Memory::computed, Role::other,
                                 Order::own,   Pictures::together, no_slot,       no_work};
  Reduction reduction = Reduction::none;
  void fields(auto&& f, auto& self) const { f("reduction", self.reduction); }
  bool operator==(const ScatterNd&) const = default;
};

/// Non-maximum suppression that names boxes: boxes [N, K, 4] (two corners y x y x) and scores [N, C, K] to rows (batch,
/// class, box) of i64, at most `max` of each class, per class the best first.
struct SelectBoxes {
  static constexpr OpFacts facts{"select_boxes", two_inputs,         Elements::floats, Memory::computed, Role::other,
                                 Order::own,     Pictures::together, no_slot,          no_work};
  std::int64_t max = 0;
  double iou = 0;
  std::optional<double> score;
  bool centred = false;  ///< boxes are x y of the centre, width, height
  void fields(auto&& f, auto& self) const {
    f("max", self.max, required), f("iou", self.iou), f("score", self.score), f("centred", self.centred);
  }
  bool operator==(const SelectBoxes&) const = default;
};

}  // namespace banoff
