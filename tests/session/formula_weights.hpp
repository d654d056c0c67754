// Weights by a formula that is exact everywhere; the other program that has it is scripts/formula_weights.py.
#pragma once

#include <cmath>
#include <map>

#include "runtime/load/param_specs.hpp"
#include "runtime/load/random.hpp"

namespace banoff::test {

/// Small integers over powers of two, from a hash of the parameter's name.
class Formula {
 public:
  explicit Formula(const std::string& name) : random_(0, name) {}

  /// Draws the next number's two bytes.
  void draw() {
    const std::uint64_t drawn = random_.next();
    first_ = static_cast<int>(drawn >> 56);
    second_ = static_cast<int>((drawn >> 48) & 0xffU);
  }
  [[nodiscard]] double centred() const { return (2 * first_ - 255) / 256.0; }  ///< in (-1, 1)
  [[nodiscard]] double fraction() const { return first_ / 256.0; }             ///< in [0, 1)
  [[nodiscard]] int second() const { return second_; }                         ///< from 0 to 255

 private:
  Random random_;
  int first_ = 0, second_ = 0;
};

/// The largest k with 6 * 4^k <= fan_in, at least 0: uniform in +-2^-k has He's variance, 2 / fan_in, or a bit more.
inline int halvings(std::int64_t fan_in) {
  int k = 0;
  while ((std::int64_t{24} << (2 * k)) <= fan_in) ++k;
  return k;
}

/// One element of a norm's, a convolution's or a dense layer's parameter; `exponent` is the norm's.
inline double element(const Formula& drawn, Slot slot, bool of_norm, int exponent, const Shape& shape) {
  switch (slot) {
    case Slot::bias: return drawn.centred() / 2;
    case Slot::mean: return std::ldexp(drawn.centred(), exponent);
    case Slot::var: return std::ldexp(1 + drawn.fraction(), drawn.second() % 7 - 3 + 2 * exponent);
    default: break;
  }
  if (of_norm) return (0.5 + drawn.fraction()) * (drawn.second() < 77 ? -1 : 1);
  return std::ldexp(drawn.centred(), -halvings(shape.elements(1, shape.rank())));
}

/// Fills every parameter: `constants` by their name with one value, the others by the formula. `exponents` has the size
/// of what reaches each norm.
inline void fill(Graph& graph, const std::map<std::string, int>& exponents,
                 const std::map<std::string, double>& constants) {
  const std::vector<ParamUse> uses = param_uses(graph, infer_types(graph));
  for (std::size_t i = 0; i < uses.size(); ++i) {
    const Node& node = graph.node(uses[i].node);
    const bool of_norm = node.as<BatchNorm>() != nullptr;
    const int exponent = of_norm ? exponents.at(node.name) : 0;
    const std::string& name = graph.params[i].name;
    std::vector<double> values(static_cast<std::size_t>(uses[i].shape.elements()));
    const auto constant = constants.find(name);
    Formula drawn(name);
    for (double& value : values) {
      drawn.draw();
      value = constant != constants.end() ? constant->second
                                          : element(drawn, uses[i].slot, of_norm, exponent, uses[i].shape);
    }
    graph.params[i].value = Tensor::of<double>(uses[i].shape, std::move(values));
  }
}

}  // namespace banoff::test
