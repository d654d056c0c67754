// What gauges are allowed to do to a network, and the best choice of batch norms under it.
#pragma once

#include "folding/gauge_solve.hpp"
#include "folding/optimal/objective.hpp"
#include "folding/optimal/search.hpp"

namespace banoff::gauge {

using Candidates = std::vector<std::pair<NodeId, double>>;

struct Choice {
  System system;
  Problem problem;
  Selection selection;
  Assignment assignment;
  std::size_t with_literal = 0, with_clamps = 0;  ///< how many batch norms can go either way
  std::optional<double> price_us;                 ///< what a run takes, once that was asked

  // Copies of the problem would point into the system of the original.
  Choice(const Choice&) = delete;
  Choice& operator=(const Choice&) = delete;
  Choice(Choice&&) = default;
  Choice& operator=(Choice&&) = default;
  Choice(const Graph& graph, const std::vector<TensorType>& types, Policy policy, const Candidates& candidates,
         std::int64_t limit);
  /// The batch norms that go, in graph order.
  [[nodiscard]] std::vector<NodeId> removed() const;
  /// How many batch norms go (affine nodes may go too).
  [[nodiscard]] std::size_t norms() const;
  /// Summed weight of all that goes.
  [[nodiscard]] double weight() const;
};

/// The choice under the options: with clamps where the network then takes less time, and with padding values where it
/// does with those. `price` may be empty where the options leave nothing to weigh.
[[nodiscard]] Choice choose(const Graph& graph, const std::vector<TensorType>& types, const Candidates& candidates,
                            const FoldOptions& options, const Price& price);

}  // namespace banoff::gauge
