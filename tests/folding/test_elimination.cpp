// The elimination that both solvers of shifts use.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <random>

#include "folding/elimination.hpp"

using namespace banoff::gauge;

namespace {

std::map<Unknown, double> values(const Elimination& elimination) {
  const Solution solution = elimination.solution();
  return {solution.begin(), solution.end()};
}

double left_side(const Equation& equation, const std::map<Unknown, double>& values) {
  double sum = 0;
  for (const auto& [unknown, coefficient] : equation.terms) {
    const auto found = values.find(unknown);
    if (found != values.end()) sum += coefficient * found->second;
  }
  return sum;
}

}  // namespace

TEST_CASE("equations have a solution in which as many unknowns differ from 0 as there are pivots") {
  Elimination elimination;
  CHECK(elimination.add({{{0, 1}, {1, -1}}, 3, 3}));
  CHECK(elimination.add({{{1, 1}, {2, 2}}, 4, 4}));
  CHECK(elimination.add({{{0, 2}, {2, 4}}, 14, 14}));  // what the first two say, added up
  CHECK(values(elimination) == std::map<Unknown, double>{{0, 3}, {2, 2}});
}

TEST_CASE("a contradiction is told from rounding errors by the size of what was added up") {
  Elimination elimination;
  REQUIRE(elimination.add({{{0, 1}, {1, 1}}, 1, 1}));
  CHECK_FALSE(elimination.add({{{0, 1}, {1, 1}}, 1.001, 1}));
  CHECK(elimination.add({{{0, 1}, {1, 1}}, 1 + 1e-13, 1}));
  CHECK(elimination.add({{{0, 1}, {1, 1}}, 1.001, 1e9}));
  CHECK_FALSE(Elimination().add({{}, 1, 1}));
  CHECK(Elimination().add({{}, 0, 0}));
}

TEST_CASE("terms of an equation are distinct, and those that cancel go") {
  Equation equation;
  equation.add(4, 0.1);
  equation.add(7, 1);
  equation.add(4, 0.2);
  equation.add(4, -0.3);  // leaves 5e-17
  equation.add_known(-2);
  equation.add_known(0.5);
  CHECK(equation.terms == std::vector<std::pair<Unknown, double>>{{7, 1}});
  CHECK(equation.right == 1.5);
  CHECK(equation.size == 2.5);
}

TEST_CASE("random systems with a solution are solved") {
  std::mt19937_64 random(7);
  std::uniform_int_distribution<int> coefficient(-2, 2);
  for (int trial = 0; trial < 200; ++trial) {
    std::map<Unknown, double> known;
    for (Unknown i = 0; i < 12; ++i) known[i] = coefficient(random);
    std::vector<Equation> equations(1 + random() % 16);
    Elimination elimination;
    for (Equation& equation : equations) {
      for (int term = 0; term < 4; ++term) equation.add(static_cast<Unknown>(random() % 12), coefficient(random));
      equation.right = left_side(equation, known);
      equation.size = 16;
      REQUIRE(elimination.add(equation));
    }
    const std::map<Unknown, double> found = values(elimination);
    for (const Equation& equation : equations)
      CHECK(left_side(equation, found) == doctest::Approx(equation.right).epsilon(1e-9));
  }
}
