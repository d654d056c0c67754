// Ops that move elements, put zeros or values beside them, or hold them.
#pragma once

#include <cstdint>
#include <limits>

#include "banoff/tensor.hpp"
#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

struct Concat {
  static constexpr OpFacts facts{"concat",   Arity{1, any_number}, Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together,   no_slot,       no_work};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Concat&) const = default;
};

struct Split {
  static constexpr OpFacts facts{"split",    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       no_work};
  std::int64_t axis = 1;
  Ints sizes;              ///< sizes along the axis; empty when `parts` is given
  std::int64_t parts = 0;  ///< number of equal parts
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("sizes", self.sizes), f("parts", self.parts); }
  bool operator==(const Split&) const = default;
};

struct Slice {
  static constexpr OpFacts facts{"slice",    one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,       no_work};
  /// An `end` that means "to the end".
  static constexpr std::int64_t to_end = std::numeric_limits<std::int64_t>::max();
  Ints axes, begin, end, step;
  void fields(auto&& f, auto& self) const {
    f("axes", self.axes, required), f("begin", self.begin, required), f("end", self.end, required),
        f("step", self.step);
  }
  bool operator==(const Slice&) const = default;
};

struct ChannelShuffle {
  static constexpr OpFacts facts{"channel_shuffle", one_input,       Elements::any, Memory::computed, Role::other,
                                 Order::own,        Pictures::apart, no_slot,       no_work};
  std::int64_t groups = 0;
  void fields(auto&& f, auto& self) const { f("groups", self.groups, required); }
  bool operator==(const ChannelShuffle&) const = default;
};

struct Reshape {
  static constexpr OpFacts facts{"reshape",  one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints shape;
  void fields(auto&& f, auto& self) const { f("shape", self.shape, required); }
  bool operator==(const Reshape&) const = default;
};

struct Transpose {
  static constexpr OpFacts facts{"transpose", one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own,  Pictures::together, no_slot,       no_work};
  Ints perm;
  void fields(auto&& f, auto& self) const { f("perm", self.perm, required); }
  bool operator==(const Transpose&) const = default;
};

struct Flatten {
  static constexpr OpFacts facts{"flatten",  one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Flatten&) const = default;
};

struct Squeeze {
  static constexpr OpFacts facts{"squeeze",  one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints axes;
  void fields(auto&& f, auto& self) const { f("axes", self.axes, required); }
  bool operator==(const Squeeze&) const = default;
};

struct Unsqueeze {
  static constexpr OpFacts facts{"unsqueeze", one_input,          Elements::any, Memory::view, Role::other,
                                 Order::own,  Pictures::together, no_slot,       no_work};
  Ints axes;
  void fields(auto&& f, auto& self) const { f("axes", self.axes, required); }
  bool operator==(const Unsqueeze&) const = default;
};

/// Pads the last dimensions, as many as `padding` has.
struct Pad {
  static constexpr OpFacts facts{"pad",      one_input,          Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Padding padding;
  PadMode mode = PadMode::constant;
  double value = 0;
  bool pad_value = false;  ///< constant mode pads channel c with parameter pad_value[c]
  void fields(auto&& f, auto& self) const {
    f("padding", self.padding, required), f("mode", self.mode), f("value", self.value), f("pad_value", self.pad_value);
  }
  bool operator==(const Pad&) const = default;
};

/// A tensor of the weights file.
struct Constant {
  static constexpr OpFacts facts{"constant", no_input,           Elements::any, Memory::known, Role::other,
                                 Order::own, Pictures::together, no_slot,       no_work};
  Ints shape;
  DType type = DType::f32;
  void fields(auto&& f, auto& self) const { f("shape", self.shape, required), f("type", self.type); }
  bool operator==(const Constant&) const = default;
};

}  // namespace banoff
