// Where two graphs begin to differ on the same inputs.

#include <algorithm>
#include <cmath>
#include <limits>

#include "folding/fold.hpp"
#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Runs a graph node by node; a value lives until its last reader has run.
class Runner {
 public:
  Runner(const Graph& graph, const std::map<std::string, Tensor>& inputs, const ComputeNode& compute)
      : graph_(graph), compute_(compute), uses_(graph.values.size()) {
    for (const Node& node : graph.nodes) {
      for (const ValueId value : node.inputs) ++uses_[static_cast<std::size_t>(value)];
    }
    for (const GraphOutput& output : graph.outputs) ++uses_[static_cast<std::size_t>(output.value)];
    for (const GraphInput& input : graph.inputs) {
      const auto found = inputs.find(graph.value(input.value).name);
      if (found == inputs.end() && !input.default_value) {
        fail_input("no data for input '{}'", graph.value(input.value).name);
      }
      values_[input.value] = found == inputs.end() ? input.default_value : found->second;
    }
  }

  [[nodiscard]] bool finished() const { return at_ == graph_.nodes.size(); }
  [[nodiscard]] const Node& node() const { return graph_.nodes[at_]; }
  /// Runs the next node.
  std::vector<Tensor> step() {
    const Node& node = graph_.nodes[at_++];
    if (node.erased()) return {};
    std::vector<Tensor> inputs;
    for (const ValueId value : node.inputs) inputs.push_back(values_.at(value));
    std::vector<Tensor> made = compute_(graph_, node, inputs);
    for (std::size_t i = 0; i < made.size(); ++i) {
      if (uses_[static_cast<std::size_t>(node.outputs[i])] > 0) values_[node.outputs[i]] = made[i];
    }
    for (const ValueId value : node.inputs) {
      if (--uses_[static_cast<std::size_t>(value)] == 0) values_.erase(value);
    }
    return made;
  }
  [[nodiscard]] const Tensor& at(ValueId value) const { return values_.at(value); }

 private:
  const Graph& graph_;
  const ComputeNode& compute_;
  std::vector<std::ptrdiff_t> uses_;
  std::map<ValueId, Tensor> values_;
  std::size_t at_ = 0;
};

/// Distance of y from the nearest scale * x + shift, per channel (axis 1), relative to y's largest element.
double affine_distance(const Tensor& x_tensor, const Tensor& y_tensor) {
  const Shape& shape = x_tensor.shape();
  if (shape != y_tensor.shape()) return infinity;
  const std::vector<double> x = x_tensor.to_vector<double>();
  const std::vector<double> y = y_tensor.to_vector<double>();
  const std::size_t channels = shape.rank() > 1 ? static_cast<std::size_t>(shape[1]) : 1;
  const auto inner = static_cast<std::size_t>(shape.rank() > 1 ? shape.elements(2, shape.rank()) : shape.elements());
  double worst = 0;
  double largest = 0;
  for (std::size_t c = 0; c < channels; ++c) {
    const auto for_channel = [&](auto&& f) {
      for (std::size_t from = c * inner; from < x.size(); from += channels * inner) {
        for (std::size_t i = from; i < from + inner; ++i) f(x[i], y[i]);
      }
    };
    double count = 0, mean_x = 0, mean_y = 0, xx = 0, xy = 0;
    for_channel([&](double a, double b) { count += 1, mean_x += a, mean_y += b; });
    if (count == 0) continue;
    mean_x /= count, mean_y /= count;
    for_channel([&](double a, double b) { xx += (a - mean_x) * (a - mean_x), xy += (a - mean_x) * (b - mean_y); });
    const double scale = xx > 0 ? xy / xx : 0;
    for_channel([&](double a, double b) {
      const double off = std::abs(b - mean_y - scale * (a - mean_x));
      worst = std::isnan(off) ? infinity : std::max(worst, off);
      largest = std::max(largest, std::abs(b));
    });
  }
  return largest > 0 ? worst / largest : worst;
}

/// Whether two outputs of one name are the same numbers to `tolerance`, relative to the largest.
bool same_output(const Tensor& x_tensor, const Tensor& y_tensor, double tolerance) {
  if (x_tensor.shape() != y_tensor.shape()) return false;
  const std::vector<double> x = x_tensor.to_vector<double>();
  const std::vector<double> y = y_tensor.to_vector<double>();
  double off = 0;
  double largest = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (x[i] == y[i]) continue;
    off = std::isnan(x[i] - y[i]) ? infinity : std::max(off, std::abs(x[i] - y[i]));
    largest = std::max(largest, std::abs(x[i]));
  }
  return off <= tolerance * largest;
}

}  // namespace

std::optional<std::string> first_difference(const Graph& original, const Graph& other,
                                            const std::map<std::string, Tensor>& inputs, double tolerance,
                                            const ComputeNode& compute) {
  Runner left(original, inputs, compute);
  Runner right(other, inputs, compute);
  while (!left.finished()) {
    const std::string& name = left.node().name;
    const std::vector<Tensor> was = left.step();
    if (other.find(name) == none) continue;
    // Both graphs are in topological order; a folded one has the original's order with gaps.
    std::vector<Tensor> is;
    bool met = false;
    while (!right.finished() && !met) {
      met = right.node().name == name;
      is = right.step();
    }
    for (std::size_t i = 0; met && i < std::min(was.size(), is.size()); ++i) {
      if (!(affine_distance(was[i], is[i]) <= tolerance)) return name;
    }
  }
  while (!right.finished()) (void)right.step();
  for (const GraphOutput& output : original.outputs) {
    const auto found = std::ranges::find(other.outputs, output.name, &GraphOutput::name);
    if (found == other.outputs.end()) fail_input("the other graph has no output '{}'", output.name);
    if (!same_output(left.at(output.value), right.at(found->value), tolerance))
      return original.value(output.value).name;
  }
  return std::nullopt;
}

}  // namespace banoff
