// The parameters of a graph while it is being folded: read and written in double, rounded once at the end.
#pragma once

#include <map>
#include <vector>

#include "folding/gauge.hpp"
#include "folding/scaling.hpp"

namespace banoff::gauge {

class Weights {
 public:
  explicit Weights(Graph& graph);

  [[nodiscard]] Graph& graph() const noexcept { return graph_; }
  [[nodiscard]] Version version() const noexcept { return {graph_, scalings_}; }
  [[nodiscard]] std::vector<double> get(NodeId id, Slot slot, std::size_t count, double missing) const;
  /// The type of new parameters beside the network's own: f64 in a network of doubles, else f32.
  [[nodiscard]] DType new_type() const noexcept { return new_type_; }
  /// Gives the node a parameter, to be rounded by `round_all` to the storage type of `like` (half types to f32).
  /// Throws Refused when a value would not fit.
  void set(NodeId id, Slot slot, Shape shape, std::vector<double> values, DType like);
  /// Multiplies the weights of a layer by factors per channel of what it reads (`in`) and writes (`out`); to be written
  /// by `round_all` as `set` says. Throws Refused when a weight would not fit.
  void scale(NodeId id, const LinearOp& linear, const std::vector<double>& in, const std::vector<double>& out);
  /// The weights of these nodes are scaled as they were.
  void restore(const Scalings& were, std::span<const NodeId> nodes);
  /// Rounds everything that was set or scaled, on so many threads; subnormal floats become zero, for they are slow to
  /// compute with.
  void round_all(std::size_t threads);

 private:
  [[nodiscard]] bool is_shared(NodeId id, Slot slot) const;
  void round_scaled(std::size_t threads);

  Graph& graph_;
  DType new_type_ = DType::f32;
  std::vector<std::vector<NodeId>> holders_;  // by ParamId: nodes that held it at first; what comes later has one
  std::map<std::pair<NodeId, Slot>, DType> storage_;
  Scalings scalings_;
};

/// A parameter in double; `count` times `missing` where the node has none.
[[nodiscard]] std::vector<double> values_of(const Graph& graph, const Node& node, Slot slot, std::size_t count,
                                            double missing);
/// A batch norm or affine node as y = scale x + shift.
[[nodiscard]] AffineMap affine_map(const Graph& graph, const Node& node);
/// The axis it runs along.
[[nodiscard]] std::size_t map_axis(const Node& node, const Shape& input);

}  // namespace banoff::gauge
