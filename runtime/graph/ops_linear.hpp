// Layers with weights: convolutions and matrix products.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"

namespace banoff {

struct Conv {
  static constexpr OpFacts facts{"conv",     one_input,       Elements::floats, Memory::computed, Role::layer,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::int64_t out = 0;
  Spatial kernel, stride, dilation;
  std::int64_t groups = 1;  ///< 0 stands for depthwise (as many groups as input channels) until shapes are known
  Padding padding;
  bool bias = false;
  bool pad_value = false;                        ///< padding reads parameter pad_value[channel] instead of zero
  bool weight_scale = false;                     ///< weights are whole multiples, at most 127, of weight_scale[out]
  std::optional<double> weight_standardization;  ///< eps; the weights are standardised when they are loaded

  void fields(auto&& f, auto& self) const {
    f("out", self.out, required), f("kernel", self.kernel, required), f("stride", self.stride),
        f("dilation", self.dilation), f("groups", self.groups), f("padding", self.padding), f("bias", self.bias),
        f("pad_value", self.pad_value), f("weight_scale", self.weight_scale),
        f("weight_standardization", self.weight_standardization);
  }
  bool operator==(const Conv&) const = default;
};

struct ConvTranspose {
  static constexpr OpFacts facts{"conv_transpose", one_input,       Elements::floats, Memory::computed, Role::layer,
                                 Order::own,       Pictures::apart, no_slot,          special_work};
  std::int64_t out = 0;
  Spatial kernel, stride, dilation;
  std::int64_t groups = 1;
  Padding padding;
  Spatial output_padding{0};
  bool bias = false;

  void fields(auto&& f, auto& self) const {
    f("out", self.out, required), f("kernel", self.kernel, required), f("stride", self.stride),
        f("dilation", self.dilation), f("groups", self.groups), f("padding", self.padding),
        f("output_padding", self.output_padding), f("bias", self.bias);
  }
  bool operator==(const ConvTranspose&) const = default;
};

/// y = x W^T + b on the last dimension.
struct Dense {
  static constexpr OpFacts facts{"dense",    one_input,       Elements::floats, Memory::computed, Role::layer,
                                 Order::own, Pictures::apart, no_slot,          special_work};
  std::int64_t out = 0;
  bool bias = true;
  bool weight_scale = false;  ///< weights are whole multiples, at most 127, of weight_scale[out]
  void fields(auto&& f, auto& self) const {
    f("out", self.out, required), f("bias", self.bias), f("weight_scale", self.weight_scale);
  }
  bool operator==(const Dense&) const = default;
};

struct MatMul {
  static constexpr OpFacts facts{"matmul",   two_inputs,         Elements::any, Memory::computed, Role::other,
                                 Order::own, Pictures::together, no_slot,       special_work};
  bool transpose_a = false, transpose_b = false;
  void fields(auto&& f, auto& self) const { f("transpose_a", self.transpose_a), f("transpose_b", self.transpose_b); }
  bool operator==(const MatMul&) const = default;
};

}  // namespace banoff
