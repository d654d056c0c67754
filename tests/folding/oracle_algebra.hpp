// Plain linear algebra for the oracle: sets of equal unknowns, systems over the reals and over GF(2).
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace banoff::test {

/// Unknowns of which some are known to be equal.
class Equalities {
 public:
  explicit Equalities(std::size_t size);
  [[nodiscard]] std::size_t root(std::size_t i) const;
  void unite(std::size_t a, std::size_t b) { parent_[root(a)] = root(b); }

 private:
  mutable std::vector<std::size_t> parent_;
};

/// sum of factor * unknown = value
struct Equation {
  std::vector<std::pair<std::size_t, double>> terms;
  double value = 0;
};

/// The smallest solution by least squares over the unknowns that occur, 0 for the others; nothing if the equations
/// contradict each other.
[[nodiscard]] std::optional<std::vector<double>> solve_real(const std::vector<Equation>& equations,
                                                            std::size_t unknowns);

/// The parity of the unknowns' sum is `odd`.
struct Parity {
  std::vector<std::size_t> unknowns;
  bool odd = false;
};

/// A solution (false for the unknowns that are free), or nothing.
[[nodiscard]] std::optional<std::vector<bool>> solve_parity(const std::vector<Parity>& equations, std::size_t unknowns);

}  // namespace banoff::test
