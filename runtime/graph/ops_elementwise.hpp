// Arithmetic and functions of single elements.
#pragma once

#include <cstdint>

#include "banoff/tensor.hpp"
#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

enum class BinaryKind : std::uint8_t { add, sub, mul, div };

/// Elementwise with NumPy broadcasting. `add` takes two or more inputs, the others two. Integers divide toward zero.
struct Binary {
  static constexpr OpFacts facts{by_kind,    Arity{2, any_number}, Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together,   no_slot,       special_work};
  BinaryKind kind = BinaryKind::add;
  void fields(auto&&, auto&) const {}
  bool operator==(const Binary&) const = default;
};

enum class ActivationKind : std::uint8_t {
  relu,
  clip,
  leaky_relu,
  elu,
  sigmoid,
  hard_sigmoid,
  tanh,
  silu,
  hard_swish,
  gelu,
  gelu_tanh,
  mish,
  softplus,
  linear
};

/// A function of one element. What alpha and beta mean, and the function itself, is in activations.hpp.
struct Activation {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::activation,
                                 Order::any, Pictures::apart, no_slot,          Work{1, 0}};
  ActivationKind kind = ActivationKind::relu;
  double alpha = 0;
  double beta = 0;
  void fields(auto&& f, auto& self) const;
  bool operator==(const Activation&) const = default;
};

/// y = x for x > 0, weight x below; one slope per channel (axis 1) or one for all.
struct PRelu {
  static constexpr OpFacts facts{
      "prelu",    one_input,       Elements::floats, Memory::computed, Role::channel_activation,
      Order::own, Pictures::apart, Slot::weight,     Work{1, 0}};
  void fields(auto&&, auto&) const {}
  bool operator==(const PRelu&) const = default;
};

/// y = min(max(x, lower), upper) with bounds per index of `axis`; a NaN stays one.
struct Clamp {
  static constexpr OpFacts facts{
      "clamp",    one_input,       Elements::floats, Memory::computed, Role::channel_activation,
      Order::any, Pictures::apart, no_slot,          special_work};
  std::int64_t axis = 1;
  bool lower = true, upper = true;  ///< which bounds there are, at least one
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("lower", self.lower), f("upper", self.upper); }
  bool operator==(const Clamp&) const = default;
};

/// y = kink + (x - kink) * (x < kink ? below : above), all three per index of `axis`.
struct Kinked {
  static constexpr OpFacts facts{
      "kinked",   one_input,       Elements::floats, Memory::computed, Role::channel_activation,
      Order::any, Pictures::apart, no_slot,          Work{3, 0}};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Kinked&) const = default;
};

struct Identity {
  static constexpr OpFacts facts{"identity", one_input,       Elements::any, Memory::view, Role::other,
                                 Order::any, Pictures::apart, no_slot,       no_work};
  void fields(auto&&, auto&) const {}
  bool operator==(const Identity&) const = default;
};

/// Converts the element type; float to integer truncates toward zero.
struct Cast {
  static constexpr OpFacts facts{"cast",     one_input,       Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::apart, no_slot,       no_work};
  DType to = DType::f32;
  void fields(auto&& f, auto& self) const { f("to", self.to, required); }
  bool operator==(const Cast&) const = default;
};

}  // namespace banoff
