// An independent judge of which batch norms can be removed together, for small graphs.
//
// It shares nothing with folding/: every element of every tensor has a scale s and a shift h of its own (the folded
// network holds s x + h where the original held x), each op contributes equations between the elements it reads and
// writes, and a set of norms can be removed exactly when those equations have a solution: log|s| over the reals, the
// signs over GF(2), then h over the reals. The largest set is found by trying subsets.
#pragma once

#include <memory>
#include <optional>

#include "runtime/graph/graph.hpp"

namespace banoff::test {

struct OracleRules {
  /// A piecewise linear activation may get per-channel kinks; otherwise activations stay what they are.
  bool clamp = false;
  /// All that is exact. Otherwise only what folding/ makes use of: a product's gate keeps its values, and no shift
  /// passes a transposed conv other than 1x1 or windows that ceil_mode adds to an average which counts padding.
  bool wide = true;
};

/// The scale and shift of every element of a value, in row-major order.
struct ElementGauge {
  std::vector<double> scale, shift;
};
using Gauges = std::vector<ElementGauge>;  ///< by ValueId

struct Constraints;

class Oracle {
 public:
  /// The graph must be verified and must outlive the oracle. Throws std::runtime_error when a norm has gamma = 0, of
  /// which these equations know nothing.
  Oracle(const Graph& graph, const OracleRules& rules);
  ~Oracle();
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  [[nodiscard]] const std::vector<NodeId>& norms() const { return norms_; }
  /// Gauges under which exactly `removed` (indices into norms()) become identities; nothing if there are none.
  [[nodiscard]] std::optional<Gauges> solve(const std::vector<std::size_t>& removed) const;
  /// A largest set of norms that can be removed together.
  [[nodiscard]] std::vector<std::size_t> largest() const;

 private:
  const Graph& graph_;
  std::unique_ptr<Constraints> constraints_;
  std::vector<NodeId> norms_;
};

/// The network that computes with the gauged values: the removed norms are gone, ops with parameters have new ones,
/// the other norms have become affine nodes, and an activation that a gauge crosses unliterally stands between the
/// inverse gauge and the gauge. Throws std::runtime_error when a gauge is not constant along a node's channels.
[[nodiscard]] Graph rewritten(const Graph& graph, const Gauges& gauges, const std::vector<NodeId>& removed);

}  // namespace banoff::test
