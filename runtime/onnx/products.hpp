// Activations that a network spells out as products, sums and simpler functions.
#pragma once

#include <optional>

#include "runtime/graph/graph.hpp"

namespace banoff::onnx_import {

struct FoundActivation {
  ValueId x;
  Activation op;
};

/// The activation that the node's output is as a whole, where it is more than the node itself.
[[nodiscard]] std::optional<FoundActivation> activation_of(const Graph& graph, NodeId id);

/// The node that makes a value, or null for an input.
[[nodiscard]] const Node* maker(const Graph& graph, ValueId value);
/// The value of a float constant, or null.
[[nodiscard]] const Tensor* constant(const Graph& graph, ValueId value);
/// The same if it is one number.
[[nodiscard]] std::optional<double> number(const Graph& graph, ValueId value);

}  // namespace banoff::onnx_import
