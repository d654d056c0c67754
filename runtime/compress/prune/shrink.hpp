// Neurons of a set become fewer, everywhere.
#pragma once

#include "runtime/compress/prune/cluster.hpp"
#include "runtime/compress/prune/sets.hpp"

namespace banoff::pruning {

/// Rewrites the graph that `map` is of, so that each cluster of the set's neurons is one neuron: what makes it is the
/// mean of theirs, what read them reads the one by the sum of its weights. Equal neurons: nothing changes but rounding.
void shrink(Graph& graph, const ChannelMap& map, const NeuronSet& set, const Clusters& clusters);

}  // namespace banoff::pruning
