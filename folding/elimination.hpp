// Sparse linear equations, solved in double: what the Adds of a network demand of shifts.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

namespace banoff::gauge {

using Unknown = std::int32_t;

/// sum of coefficient * unknown = right.
struct Equation {
  std::vector<std::pair<Unknown, double>> terms;  ///< distinct unknowns
  double right = 0;
  double size = 0;  ///< magnitude of what `right` was computed from, to tell rounding errors from contradictions

  /// Adds to the unknown's coefficient; a term that cancels goes.
  void add(Unknown unknown, double coefficient);
  /// Moves a known term to the right.
  void add_known(double value);
};

using Solution = std::vector<std::pair<Unknown, double>>;

/// Gaussian elimination, one equation after the other. Each takes its largest unknown as pivot, so that as many
/// unknowns as there are equations may differ from 0.
class Elimination {
 public:
  /// False where the equation contradicts those before it.
  [[nodiscard]] bool add(const Equation& equation);
  /// The pivots' unknowns, all others being 0.
  [[nodiscard]] Solution solution() const;

 private:
  /// An equation as its unknowns are eliminated one by one.
  struct Row {
    std::map<Unknown, double> terms;
    double right = 0;
    double size = 0;

    explicit Row(const Equation& equation);
    void scale(double factor);
    /// Subtracts the multiple of `pivot`, whose coefficient of `unknown` is 1, that removes `unknown`.
    void eliminate(Unknown unknown, const Row& pivot);
  };
  struct Pivot {
    Unknown unknown;
    Row row;
  };
  [[nodiscard]] const Pivot* first_in(const Row& row) const;

  std::vector<Pivot> pivots_;                       // each has an unknown with coefficient 1 that no later row mentions
  std::unordered_map<Unknown, std::size_t> place_;  // of a pivot, by its unknown
};

}  // namespace banoff::gauge
