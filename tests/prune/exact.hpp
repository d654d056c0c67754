// Networks some of whose neurons are equal, and what pruning makes of them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "banoff/error.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/compress/prune/prune.hpp"
#include "tests/support/graph_builder.hpp"

namespace banoff::test {

/// Overwrites channel `to` in every parameter of the node that makes `value` with channel `from`.
inline void copy_channel(GraphBuilder& net, ValueId value, std::int64_t from, std::int64_t to) {
  const NodeId id = net.graph.value(value).producer;
  const bool transposed = net.graph.node(id).as<ConvTranspose>() != nullptr;
  for (const auto& [slot, param] : net.graph.node(id).params) {
    if (slot == Slot::pad_value) continue;  // is of what it reads
    const Tensor tensor = net.graph.param(param);
    const Shape& shape = tensor.shape();
    const std::size_t dim = transposed && slot == Slot::weight ? 1 : 0;
    const std::int64_t inside = shape.elements(dim + 1, shape.rank());
    std::vector<double> values = tensor.to_vector<double>();
    for (std::int64_t o = 0; o < shape.elements(0, dim); ++o) {
      std::copy_n(values.begin() + (o * shape[dim] + from) * inside, inside,
                  values.begin() + (o * shape[dim] + to) * inside);
    }
    net.set(value, slot, values);
  }
}

/// The node that makes `value`.
inline std::string name_of_maker(const GraphBuilder& net, ValueId value) {
  return net.graph.node(net.graph.value(value).producer).name;
}

/// Largest difference of the outputs of two networks on one input.
inline double difference(const Graph& a, const Graph& b, const Shape& input) {
  std::mt19937_64 random(7);
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(input.elements()));
  for (double& value : values) value = normal(random);
  const std::map<std::string, Tensor> inputs{{"image", Tensor::of<double>(input, values)}};
  const auto left = reference::outputs<double>(a, inputs), right = reference::outputs<double>(b, inputs);
  REQUIRE(left.size() == right.size());
  double worst = 0;
  for (const auto& [name, tensor] : left) {
    REQUIRE(right.at(name).shape() == tensor.shape());
    const std::vector<double> x = tensor.to_vector<double>(), y = right.at(name).to_vector<double>();
    for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(x[i] - y[i]));
  }
  return worst;
}

/// Merges equal neurons alone; the network must compute the same. Returns the report.
inline PruneReport check_exact(const GraphBuilder& net, const Shape& input, bool streams = false) {
  PruneOptions options;
  options.distance = 1e-12;
  options.streams = streams;
  Graph pruned = net.graph;
  PruneReport report = prune(pruned, {}, options);
  CHECK(difference(net.graph, pruned, input) < 1e-9);
  CHECK(report.parameters_after < report.parameters_before);
  CHECK(report.flops_after < report.flops_before);
  return report;
}

inline const PrunedLayer& row(const PruneReport& report, const std::string& name) {
  const auto found = std::ranges::find(report.layers, name, &PrunedLayer::name);
  REQUIRE(found != report.layers.end());
  return *found;
}

}  // namespace banoff::test
