// Which input elements an op's output elements depend on, found by running the op and not by reading its attributes.
#pragma once

#include "runtime/graph/signature.hpp"

namespace banoff::test {

/// An output element of a linear op: the inputs it averages (an input number and an element of it) and their weights'
/// sum. No parts: the op made it of nothing, as a pad does.
struct Dependence {
  std::vector<std::pair<std::size_t, std::size_t>> parts;
  double total = 0;
};

/// The dependences of a node that is linear and homogeneous in its inputs, per output and element: the reference
/// kernel is run on every unit vector.
[[nodiscard]] std::vector<std::vector<Dependence>> probe(const Graph& graph, const Node& node,
                                                         const std::vector<Shape>& inputs);

}  // namespace banoff::test
