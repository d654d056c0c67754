// A layer with weights, summed over its output channels: what a check needs of it at the cost of one output.
#pragma once

#include <span>

#include "folding/scaling.hpp"

namespace banoff::gauge {

/// A node with parameters of its own, in double where they were made up.
struct Alone {
  Graph graph;  ///< holds the parameters only
  Node node;
};

/// The node as it is in this version of the network, its weights scaled.
[[nodiscard]] Alone alone(const Version& version, NodeId id);

/// Whether a node is a conv, a transposed conv or a dense layer.
[[nodiscard]] bool has_projection(const Node& node);

/// The layer whose output is, for each group, the sum of coefficients[c] times output channel c of this one. By
/// linearity that is a layer of the same kind with one output channel per group, whose weights and bias are those sums.
[[nodiscard]] Alone projection(const Version& version, NodeId id, const LinearOp& linear,
                               std::span<const double> coefficients);

}  // namespace banoff::gauge
