// The oracle's equations: what every op demands of the gauges of single elements.
#pragma once

#include <utility>

#include "runtime/graph/graph.hpp"
#include "tests/folding/oracle.hpp"

namespace banoff::test {

/// Number of an element among all elements of all values.
using Element = std::size_t;
using Pair = std::pair<Element, Element>;

/// log|s_out| = log|s_x| + log|s_gate|, and the same for signs.
struct Product {
  Element out, x, gate;
};

/// h_out = sum of factor * h_in
struct Sum {
  Element out;
  std::vector<std::pair<Element, double>> terms;
};

/// y = a x + d. Removed: s_x = a s_y and h_x = s_y d + h_y.
struct Edge {
  Element x, y;
  double a, d;
};

struct Norm {
  NodeId node;
  std::vector<Edge> edges;
  std::vector<Pair> constant;  ///< equal gauges while the norm stays: per channel on either side
};

struct Constraints {
  std::vector<Element> first;  ///< of each value, and the total at the end
  std::vector<Pair> equal_scale, equal_shift;
  std::vector<Element> unit_scale, positive, zero_shift;
  std::vector<Product> products;
  std::vector<Sum> sums;
  std::vector<Norm> norms;

  [[nodiscard]] std::size_t elements() const { return first.back(); }
  void equal(Element a, Element b) { equal_scale.emplace_back(a, b), equal_shift.emplace_back(a, b); }
  void identity(Element e) { unit_scale.push_back(e), zero_shift.push_back(e); }
};

[[nodiscard]] Constraints derive_constraints(const Graph& graph, const OracleRules& rules);

}  // namespace banoff::test
