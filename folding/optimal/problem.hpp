// Which batch norms can go together: the question, without the graph.
//
// With o = shift / scale, a channel's gauge is stored = scale (original + o). A batch norm y = a x + d is the identity
// on what is stored, and can go, exactly when s_x = a s_y and o_y = a o_x - d: one relation between scales and one
// between offsets, neither of which mentions the other. A sum demands that the (signed) offsets of its inputs add up to
// its output's.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "folding/gauge_system.hpp"

namespace banoff::gauge {

/// Scale classes and offset classes have dense ids. Scale class `ground` holds all that must keep scale 1.
using ClassId = std::int32_t;
inline constexpr ClassId ground = 0;

struct ScaleClass {
  const Mark* positive = nullptr;
};

struct OffsetClass {
  ClassId scale = ground;
  const Mark* zero = nullptr;
};

/// One channel of a batch norm (or affine node): classes on both sides, and its map y = a x + d.
struct Channel {
  ClassId x_scale, y_scale, x_offset, y_offset;
  double a, d;
};

/// A batch norm that may be removed.
struct Item {
  NodeId node = none;
  double weight = 0;  ///< what removing it gains
  std::vector<Channel> channels;
};

/// sum of coefficient * offset = 0, over offset classes.
using OffsetSum = std::vector<std::pair<double, ClassId>>;

struct Problem {
  std::vector<ScaleClass> scales;
  std::vector<OffsetClass> offsets;
  std::vector<OffsetSum> sums;
  std::vector<Item> items;
  std::vector<ClassId> scale_of, offset_of;  ///< by variable
};

/// The batch norms `candidates` of the system's graph, with their weights.
[[nodiscard]] Problem make_problem(const System& system, const std::vector<std::pair<NodeId, double>>& candidates);

}  // namespace banoff::gauge
