// What an op says about itself besides its attributes. Every part of banoff that must know such a thing of ops in
// general reads it here; what follows from attributes or sizes is a function of its own (signature.hpp).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/graph/op_types.hpp"

namespace banoff {

/// A member that has no default: facts that leave it out do not compile.
template <class T>
class Told {
 public:
  template <std::convertible_to<T> U>
  constexpr Told(U&& value) : value_(std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)
  constexpr operator const T&() const { return value_; }         // NOLINT(google-explicit-constructor)
  constexpr const T& operator*() const { return value_; }

 private:
  T value_;
};

inline constexpr std::size_t any_number = std::numeric_limits<std::size_t>::max();

struct Arity {
  std::size_t min, max;
};
inline constexpr Arity no_input{0, 0}, one_input{1, 1}, two_inputs{2, 2}, three_inputs{3, 3};

/// Element types of the inputs: floats only, or any that its signature takes.
enum class Elements : std::uint8_t { floats, any };

enum class Memory : std::uint8_t {
  computed,
  view,  ///< its output is its input's memory (in plain layout) under another shape
  known  ///< its output is known when a network is planned
};

/// What the op is where neighbouring nodes become one kernel.
enum class Role : std::uint8_t {
  layer,               ///< weights on a value: what stands behind it may join it
  norm,                ///< a scale and a shift per channel
  activation,          ///< a function of one element
  channel_activation,  ///< the same with parameters per channel
  other
};

/// Whether dimensions may stand in another order if axes in attributes are renamed with them. Of an op that can drop
/// dimensions: where it keeps them.
enum class Order : std::uint8_t { own, any };

/// Whether every index of the first dimension is computed by itself, all alike.
enum class Pictures : std::uint8_t { apart, together };

/// Operations per element of the first output and of the first input; those of `special` are told by flops.cpp.
struct Work {
  std::int64_t per_output = 0, per_input = 0;
  bool special = false;
};
inline constexpr Work no_work{};  ///< moves data
inline constexpr Work special_work{0, 0, true};

inline constexpr std::optional<Slot> no_slot;
/// The name of ops of several kinds, which have rows of their own in op_table.cpp.
inline constexpr std::string_view by_kind;

struct OpFacts {
  Told<std::string_view> name;  ///< in a model file
  Told<Arity> inputs;
  Told<Elements> elements;
  Told<Memory> memory;
  Told<Role> role;
  Told<Order> order;
  Told<Pictures> pictures;
  Told<std::optional<Slot>> one_for_all;  ///< the parameter that may be a single number in place of one per channel
  Told<Work> work;
};

}  // namespace banoff
