// Batch norms as y = scale x + shift, read and written.
#pragma once

#include <vector>

#include "runtime/graph/graph.hpp"

namespace banoff::pruning {

struct Scaling {
  std::vector<double> scale, shift;
};

[[nodiscard]] Scaling scaling_of(const Graph& graph, const Node& norm);

/// The batch norm that alone reads what a layer writes; none where there is none.
[[nodiscard]] NodeId norm_behind(const Graph& graph, const Readers& readers, const Node& layer);

/// Parameters of a batch norm by channel.
struct NormNumbers {
  std::vector<double> mean, var, gamma, beta;  ///< gamma and beta empty where there are none
};
[[nodiscard]] NormNumbers norm_numbers(const Graph& graph, const Node& norm);
void set_norm(Graph& graph, NodeId id, const NormNumbers& numbers);

/// What a norm has to hold, at the statistics of channel `like`, to compute scale x + shift; and appends it.
void append_norm(NormNumbers& to, const NormNumbers& from, std::size_t like, double eps, double scale, double shift);

}  // namespace banoff::pruning
