// What is known of a value without pictures: the mean and variance of every element over all inputs, and the range that
// it hardly ever leaves. All tensors are f32 in the value's shape, of one set of inputs.
#pragma once

#include <optional>

#include "runtime/compress/quantize/observe.hpp"

namespace banoff::quantize {

struct Moments {
  Tensor mean, var, low, high;
  explicit operator bool() const { return static_cast<bool>(mean); }
};

/// Mean and variance of the channels of a value.
struct ChannelMoments {
  std::vector<double> mean, var;
};

/// How many deviations from the mean a value is expected to reach: over the millions of elements that share a range,
/// the largest of a normal distribution would be 5.2, and those of networks have longer tails.
inline constexpr double reach = 6;

[[nodiscard]] Moments normal_moments(const ChannelMoments& channels, const Shape& shape);
[[nodiscard]] Moments observed_moments(const Observed& seen, const Shape& shape);
[[nodiscard]] Moments constant_moments(const Tensor& value);
/// The least and the largest number within the ranges of all elements.
[[nodiscard]] std::pair<double, double> range_of(const Moments& moments);

/// y[i] = f(a[i], b[i]) of f32 tensors of one shape.
template <class F>
[[nodiscard]] Tensor combined(const Tensor& a, const Tensor& b, F&& f) {
  const std::span<const float> x = a.values<float>(), y = b.values<float>();
  std::vector<float> result(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) result[i] = f(x[i], y[i]);
  return Tensor::of<float>(a.shape(), std::move(result));
}

/// What a node makes of them; nothing where no rule tells. Inputs count as independent of each other.
[[nodiscard]] std::optional<std::vector<Moments>> propagated(const Graph& graph, const Node& node,
                                                             const std::vector<Moments>& inputs,
                                                             const ComputeNode& compute);

/// By input of the graph: as it is known, else around 0; nothing of integers.
[[nodiscard]] std::vector<Moments> input_moments(const Graph& graph, const std::vector<TensorType>& types,
                                                 const KnownInputs& known_inputs);

/// By ValueId, of a network's floats: what a norm told of a value; else what follows from the node's inputs; else what
/// `seen` of made-up inputs says.
[[nodiscard]] std::vector<Moments> find_moments(const Graph& graph, const std::vector<TensorType>& types,
                                                const std::map<ValueId, ChannelMoments>& known,
                                                const std::vector<Moments>& inputs, const std::vector<Observed>& seen,
                                                const ComputeNode& compute);

/// What the batch norms of `original` tell of the values of `folded`: the mean and variance that a norm subtracts and
/// divides by are those of what it reads. Folding changes values by maps per channel, which two runs on the same inputs
/// show.
[[nodiscard]] std::map<ValueId, ChannelMoments> known_by_norms(const Graph& original, const Graph& folded,
                                                               const std::vector<Inputs>& sets,
                                                               const ComputeNode& compute,
                                                               const ComputeNode& compute_folded);

}  // namespace banoff::quantize
