// Ops that bring values to a common scale, by statistics that are known or that they take.
#pragma once

#include <cstdint>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

/// y = weight (x - mean) / sqrt(var + eps) + bias, per channel (axis 1).
struct BatchNorm {
  static constexpr OpFacts facts{"batch_norm", one_input,       Elements::floats, Memory::computed, Role::norm,
                                 Order::own,   Pictures::apart, no_slot,          Work{2, 0}};
  double eps = 1e-5;
  bool affine = true;
  void fields(auto&& f, auto& self) const { f("eps", self.eps), f("affine", self.affine); }
  bool operator==(const BatchNorm&) const = default;
};

/// y = weight x + bias per index of `axis`.
struct Affine {
  static constexpr OpFacts facts{"affine",   one_input,       Elements::floats, Memory::computed, Role::norm,
                                 Order::any, Pictures::apart, no_slot,          special_work};
  std::int64_t axis = 1;
  bool scale = true, shift = true;
  void fields(auto&& f, auto& self) const { f("axis", self.axis), f("scale", self.scale), f("shift", self.shift); }
  bool operator==(const Affine&) const = default;
};

struct Softmax {
  static constexpr OpFacts facts{"softmax",  one_input,          Elements::floats, Memory::computed, Role::other,
                                 Order::any, Pictures::together, no_slot,          Work{4, 0}};
  std::int64_t axis = 1;
  void fields(auto&& f, auto& self) const { f("axis", self.axis); }
  bool operator==(const Softmax&) const = default;
};

/// Normalises over the channels of a group and all spatial dimensions; instance norm has one channel per group.
struct GroupNorm {
  static constexpr OpFacts facts{by_kind,    one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          Work{6, 0}};
  std::int64_t groups = 0;  ///< 0: instance norm
  double eps = 1e-5;
  bool affine = true;
  bool instance = false;
  void fields(auto&& f, auto& self) const {
    if (!instance) f("groups", self.groups, required);
    f("eps", self.eps), f("affine", self.affine);
  }
  bool operator==(const GroupNorm&) const = default;
};

/// y = x / (bias + alpha / size * the sum of squares of `size` neighbouring channels) ^ beta: AlexNet's local response
/// normalisation. Of an even `size` one more channel behind than before counts.
struct Lrn {
  static constexpr OpFacts facts{"lrn",      one_input,       Elements::floats, Memory::computed, Role::other,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::int64_t size = 5;
  double alpha = 1e-4, beta = 0.75, bias = 1;
  void fields(auto&& f, auto& self) const {
    f("size", self.size, required), f("alpha", self.alpha), f("beta", self.beta), f("bias", self.bias);
  }
  bool operator==(const Lrn&) const = default;
};

struct LayerNorm {
  static constexpr OpFacts facts{"layer_norm", one_input,          Elements::floats, Memory::computed, Role::other,
                                 Order::own,   Pictures::together, no_slot,          Work{6, 0}};
  Ints axes{-1};
  double eps = 1e-5;
  bool affine = true;
  void fields(auto&& f, auto& self) const { f("axes", self.axes), f("eps", self.eps), f("affine", self.affine); }
  bool operator==(const LayerNorm&) const = default;
};

}  // namespace banoff
