// Ops that put floats onto a grid of integers, x ~ scale (q - zero_point), one grid for a whole tensor. What such a
// value is stored as is decided when a network is planned (docs/quantisation.md).
#pragma once

#include <cstdint>

#include "banoff/tensor.hpp"
#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

/// q = round(x / scale) + zero_point within the range of `to`, halves to the even neighbour; a NaN becomes zero_point.
struct Quantize {
  static constexpr OpFacts facts{"quantize", one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::any, Pictures::apart, no_slot,          Work{2, 0}};
  DType to = DType::u8;
  double scale = 1;
  std::int64_t zero_point = 0;
  void fields(auto&& f, auto& self) const {
    f("to", self.to), f("scale", self.scale, required), f("zero_point", self.zero_point);
  }
  bool operator==(const Quantize&) const = default;
};

/// x = scale (q - zero_point).
struct Dequantize {
  static constexpr OpFacts facts{"dequantize", one_input,       Elements::any, Memory::computed, Role::other,
                                 Order::any,   Pictures::apart, no_slot,       Work{2, 0}};
  DType to = DType::f32;
  double scale = 1;
  std::int64_t zero_point = 0;
  void fields(auto&& f, auto& self) const {
    f("to", self.to), f("scale", self.scale, required), f("zero_point", self.zero_point);
  }
  bool operator==(const Dequantize&) const = default;
};

/// One behind the other: the nearest number of the grid, still a float.
struct FakeQuantize {
  static constexpr OpFacts facts{"fake_quantize", one_input,       Elements::floats, Memory::computed, Role::activation,
                                 Order::any,      Pictures::apart, no_slot,          Work{4, 0}};
  DType type = DType::u8;
  double scale = 1;
  std::int64_t zero_point = 0;
  void fields(auto&& f, auto& self) const {
    f("type", self.type), f("scale", self.scale, required), f("zero_point", self.zero_point);
  }
  bool operator==(const FakeQuantize&) const = default;
};

}  // namespace banoff
