#include "tests/folding/oracle_algebra.hpp"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace banoff::test {

Equalities::Equalities(std::size_t size) : parent_(size) { std::iota(parent_.begin(), parent_.end(), 0); }

std::size_t Equalities::root(std::size_t i) const {
  while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
  return i;
}

namespace {

/// Terms of one unknown added up, zeros dropped.
using Row = std::map<std::size_t, double>;

/// The distinct equations; the numbers of elements repeat most of them.
std::set<std::pair<Row, double>> distinct(const std::vector<Equation>& equations) {
  std::set<std::pair<Row, double>> rows;
  for (const Equation& equation : equations) {
    Row row;
    for (const auto& [unknown, factor] : equation.terms) row[unknown] += factor;
    std::erase_if(row, [](const auto& term) { return term.second == 0; });
    if (!row.empty() || equation.value != 0) rows.emplace(std::move(row), equation.value);
  }
  return rows;
}

}  // namespace

std::optional<std::vector<double>> solve_real(const std::vector<Equation>& equations, std::size_t unknowns) {
  std::vector<double> solution(unknowns, 0.0);
  const auto rows = distinct(equations);
  std::map<std::size_t, Eigen::Index> column;
  for (const auto& [row, value] : rows) {
    for (const auto& term : row) column.emplace(term.first, std::ssize(column));
  }
  if (rows.empty()) return solution;
  Eigen::MatrixXd matrix = Eigen::MatrixXd::Zero(std::ssize(rows), std::max<std::ptrdiff_t>(1, std::ssize(column)));
  Eigen::VectorXd right(std::ssize(rows));
  Eigen::Index at = 0;
  for (const auto& [row, value] : rows) {
    for (const auto& [unknown, factor] : row) matrix(at, column.at(unknown)) = factor;
    right(at++) = value;
  }
  const Eigen::VectorXd found = matrix.completeOrthogonalDecomposition().solve(right);
  const double off = (matrix * found - right).cwiseAbs().maxCoeff();
  if (!(off <= 1e-9 * (1 + right.cwiseAbs().maxCoeff()))) return std::nullopt;
  for (const auto& [unknown, k] : column) solution[unknown] = found(k);
  return solution;
}

std::optional<std::vector<bool>> solve_parity(const std::vector<Parity>& equations, std::size_t unknowns) {
  // Rows in echelon form by their first unknown; each is the set of its unknowns and the parity.
  std::map<std::size_t, std::pair<std::set<std::size_t>, bool>> echelon;
  for (const Parity& equation : equations) {
    std::set<std::size_t> row;
    const auto flip = [&row](std::size_t unknown) {
      if (!row.erase(unknown)) row.insert(unknown);
    };
    for (const std::size_t unknown : equation.unknowns) flip(unknown);
    bool odd = equation.odd;
    while (!row.empty() && echelon.contains(*row.begin())) {
      const auto& [other, other_odd] = echelon.at(*row.begin());
      for (const std::size_t unknown : other) flip(unknown);
      odd = odd != other_odd;
    }
    if (!row.empty()) echelon.emplace(*row.begin(), std::pair(row, odd));
    else if (odd) return std::nullopt;
  }
  std::vector<bool> solution(unknowns, false);
  for (auto row = echelon.rbegin(); row != echelon.rend(); ++row) {
    bool value = row->second.second;
    for (const std::size_t unknown : row->second.first) {
      if (unknown != row->first) value = value != solution[unknown];
    }
    solution[row->first] = value;
  }
  return solution;
}

}  // namespace banoff::test
