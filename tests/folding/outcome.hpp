// Folding a graph in a test and comparing it with the original, computed whole in float64.
#pragma once

#include "folding/fold.hpp"
#include "kernels/reference/reference.hpp"
#include "tests/support/graph_builder.hpp"

namespace banoff::test {

struct Outcome {
  Graph folded;
  FoldReport report;
  double error = 0;  ///< worst output difference, relative to the output's largest element

  [[nodiscard]] const FoldedNorm& norm(const std::string& name) const {
    for (const FoldedNorm& each : report.norms) {
      if (each.name == name) return each;
    }
    throw std::runtime_error("no batch norm " + name);
  }
};

inline std::map<std::string, Tensor> random_inputs(const Graph& graph, std::uint64_t seed = 7) {
  std::mt19937_64 random(seed);
  std::map<std::string, Tensor> inputs;
  for (const GraphInput& input : graph.inputs) {
    Shape shape;
    for (const Dim& dim : input.dims) shape.push_back(dim.size);
    std::vector<double> values(static_cast<std::size_t>(shape.elements()));
    for (double& value : values) value = std::normal_distribution()(random);
    inputs[graph.value(input.value).name] = Tensor::of<double>(shape, std::move(values));
  }
  return inputs;
}

/// Largest difference between the outputs of two graphs, relative to each output's largest element.
inline double difference(const Graph& a, const Graph& b) {
  const auto inputs = random_inputs(a);
  const auto left = reference::outputs<double>(a, inputs);
  const auto right = reference::outputs<double>(b, inputs);
  double worst = left.size() == right.size() ? 0 : HUGE_VAL;
  for (const auto& [name, tensor] : left) {
    const auto x = tensor.to_vector<double>();
    const auto y = right.at(name).to_vector<double>();
    double off = x.size() == y.size() ? 0 : HUGE_VAL;
    double largest = 0;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      off = std::max(off, std::isnan(x[i] - y[i]) ? HUGE_VAL : std::abs(x[i] - y[i]));
      largest = std::max(largest, std::abs(x[i]));
    }
    worst = std::max(worst, largest > 0 ? off / largest : off);
  }
  return worst;
}

/// Made-up prices by which whatever lets a norm go is worth it: a microsecond per node.
inline double us_by_nodes(const Graph& graph) {
  double us = 0;
  for ([[maybe_unused]] const Node& node : graph.live()) us += 1;
  return us;
}

inline Outcome fold_with(const Graph& graph, const FoldOptions& options, const Price& price = us_by_nodes) {
  Outcome outcome{graph, {}, 0};
  outcome.report = fold(outcome.folded, {}, options, reference::compute<double>, price);
  verify(outcome.folded, infer_types(outcome.folded));
  outcome.error = difference(graph, outcome.folded);
  return outcome;
}

inline Outcome fold_with(const Graph& graph, Method method) {
  FoldOptions options;
  options.method = method;
  return fold_with(graph, options);
}

}  // namespace banoff::test
