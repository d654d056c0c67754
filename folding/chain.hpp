// The naive method's reach: chains of single-reader affine ops from a batch norm to an expressive layer.
#pragma once

#include "folding/gauge.hpp"
#include "runtime/graph/graph.hpp"

namespace banoff::gauge {

/// Throws Refused unless an unbranched chain leads from the batch norm back to an expressive layer.
void require_chain_before(const Graph& graph, const Readers& readers, const Node& batch_norm);
/// The same, forward.
void require_chain_after(const Graph& graph, const Readers& readers, const Node& batch_norm);

}  // namespace banoff::gauge
