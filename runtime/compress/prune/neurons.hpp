// What makes each neuron of a set what it is, in numbers that can be compared.
#pragma once

#include "runtime/compress/prune/norm.hpp"
#include "runtime/compress/prune/regroup.hpp"
#include "runtime/compress/prune/sets.hpp"

namespace banoff::pruning {

/// A parameter with one index per channel of a value along `dim`; neurons that become one take its mean or its sum.
struct Strand {
  Slot slot;
  std::size_t dim = 0;
  ValueId value = none;
  Merge how = Merge::mean;
};

/// Of a node, but for batch norms.
[[nodiscard]] std::vector<Strand> strands_of(const ChannelMap& map, const Node& node);

[[nodiscard]] Numbers numbers_of(const Graph& graph, const Node& node, Slot slot);

/// One row per neuron. A node's numbers in all rows together have a mean square length of one over the number of nodes,
/// so that rows have one of 1 and distances are relative.
struct Features {
  std::vector<std::vector<double>> rows;
};

/// Weights, with the norms behind them where those read nothing else, and parameters per channel. No columns where
/// nothing has weights.
[[nodiscard]] Features features_of(const ChannelMap& map, const Readers& readers, const NeuronSet& set);

}  // namespace banoff::pruning
