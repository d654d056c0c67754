// What follows a layer of integers in its region, as both its own kernels and the library's read it.
#pragma once

#include <utility>

#include "kernels/region.hpp"

namespace banoff::cpu {

/// Nodes 1, 2, …: an activation, a sum with another value, an activation, a fake_quantize, as far as they are there.
struct BehindLayer {
  const Activation* before_sum = nullptr;
  ValueId added = none;
  const Activation* activation = nullptr;  ///< behind the sum where there is one
  const FakeQuantize* put = nullptr;

  /// Throws Refused for anything else.
  explicit BehindLayer(const Region& region) {
    for (std::size_t i = 1; i < region.nodes.size(); ++i) {
      const Node& node = region.node(i);
      if (put != nullptr) throw Refused{"an op behind a fake_quantize"};
      if (const auto* rounds = node.as<FakeQuantize>()) {
        put = rounds;
      } else if (const auto* function = node.as<Activation>()) {
        if (activation != nullptr) throw Refused{"two activations behind a layer of integers"};
        activation = function;
      } else if (const auto* sum = node.as<Binary>();
                 sum != nullptr && sum->kind == BinaryKind::add && added == none && node.inputs.size() == 2) {
        before_sum = std::exchange(activation, nullptr);
        added = node.inputs[0] == region.node(i - 1).outputs[0] ? node.inputs[1] : node.inputs[0];
      } else {
        throw Refused{std::string(name_of(node.op)) + " behind a layer of integers"};
      }
    }
  }
};

}  // namespace banoff::cpu
