#include "tests/folding/oracle_probe.hpp"

#include "kernels/reference/reference.hpp"

namespace banoff::test {

std::vector<std::vector<Dependence>> probe(const Graph& graph, const Node& node, const std::vector<Shape>& inputs) {
  std::vector<Tensor> zero;
  for (const Shape& shape : inputs) {
    zero.push_back(Tensor::of<double>(shape, std::vector<double>(static_cast<std::size_t>(shape.elements()))));
  }
  std::vector<std::vector<Dependence>> result(node.outputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::vector<double> values(static_cast<std::size_t>(inputs[i].elements()));
    for (std::size_t e = 0; e < values.size(); ++e) {
      values[e] = 1;
      std::vector<Tensor> unit = zero;
      unit[i] = Tensor::of<double>(inputs[i], values);
      values[e] = 0;
      const std::vector<Tensor> outputs = reference::compute<double>(graph, node, unit);
      for (std::size_t k = 0; k < outputs.size(); ++k) {
        const std::span<const double> y = outputs[k].values<double>();
        result[k].resize(y.size());
        for (std::size_t o = 0; o < y.size(); ++o) {
          if (y[o] == 0) continue;
          result[k][o].parts.emplace_back(i, e);
          result[k][o].total += y[o];
        }
      }
    }
  }
  return result;
}

}  // namespace banoff::test
