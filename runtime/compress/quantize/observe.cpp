#include "runtime/compress/quantize/observe.hpp"

#include <algorithm>
#include <cmath>
#include <random>

#include "runtime/compress/quantize/places.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::quantize {

namespace {

/// How many numbers of a value are kept of each picture.
constexpr std::size_t kept = 2000;

std::vector<double> channel_variances(const Values& values, const std::vector<double>& mean) {
  std::vector<double> sums(mean.size(), 0.0);
  double count = 0;
  for (const Tensor& value : values) {
    const Tensor floats = value.as(DType::f32);
    const std::span<const float> all = floats.values<float>();
    const std::size_t inner = inner_of(value.shape());
    for (std::size_t begin = 0; inner > 0 && begin < all.size(); begin += inner) {
      const std::size_t channel = begin / inner % sums.size();
      for (const float x : all.subspan(begin, inner)) {
        const double away = static_cast<double>(x) - mean[channel];
        sums[channel] += away * away;
      }
    }
    count += static_cast<double>(all.size()) / static_cast<double>(sums.size());
  }
  for (double& sum : sums) sum /= std::max(count, 1.0);
  return sums;
}

Observed observed(const std::string& name, const Values& values) {
  Observed result;
  result.mean = channel_means(values);
  result.var = channel_variances(values, result.mean);
  for (const Tensor& value : values) {
    const Tensor floats = value.as(DType::f32);
    const std::span<const float> all = floats.values<float>();
    // A step without common factors with sizes, so that what is kept comes from everywhere.
    const std::size_t step = std::max<std::size_t>(all.size() / kept, 1) | 1U;
    for (std::size_t i = 0; i < all.size(); i += step) result.some.push_back(all[i]);
    for (const float x : all) {
      if (!std::isfinite(x)) fail_input("'{}' becomes {} on these inputs: its range cannot be told", name, x);
      result.low = std::min(result.low, static_cast<double>(x));
      result.high = std::max(result.high, static_cast<double>(x));
    }
  }
  return result;
}

}  // namespace

namespace {

/// `more` sets beside those of `seen`, which were `before`.
void join(Observed& seen, Observed more, double before, double added) {
  if (seen.mean.empty()) {
    seen = std::move(more);
    return;
  }
  const double share = added / (before + added);
  for (std::size_t c = 0; c < seen.mean.size(); ++c) {
    const double apart = more.mean[c] - seen.mean[c];
    seen.mean[c] += share * apart;
    seen.var[c] = (1 - share) * seen.var[c] + share * more.var[c] + share * (1 - share) * apart * apart;
  }
  seen.low = std::min(seen.low, more.low);
  seen.high = std::max(seen.high, more.high);
  seen.some.insert(seen.some.end(), more.some.begin(), more.some.end());
}

}  // namespace

void keep_ends(const std::vector<ValueId>& ends, ValueId id, const Values& values, std::vector<Values>& results) {
  for (std::size_t e = 0; e < ends.size(); ++e) {
    for (std::size_t s = 0; ends[e] == id && s < values.size(); ++s) {
      results[s].resize(ends.size());
      results[s][e] = values[s].as(DType::f32);
    }
  }
}

std::vector<Observed> observe(const Graph& graph, const std::vector<Inputs>& sets, std::size_t at_once,
                              const std::vector<ValueId>& ends, const ComputeNode& compute,
                              std::vector<Values>& results) {
  std::vector<Observed> seen(graph.values.size());
  results.clear();
  for (std::size_t begin = 0; begin < sets.size(); begin += at_once) {
    const std::size_t end = std::min(begin + at_once, sets.size());
    const std::vector<Inputs> part(sets.begin() + static_cast<std::ptrdiff_t>(begin),
                                   sets.begin() + static_cast<std::ptrdiff_t>(end));
    std::vector<Values> part_results(part.size());
    walk(graph, part, compute, [&](ValueId id, const Values& values) {
      keep_ends(ends, id, values, part_results);
      const NodeId producer = graph.value(id).producer;
      const bool constant = producer != none && graph.node(producer).as<Constant>() != nullptr;
      if (!is_float(values.at(0).dtype()) || constant) return;
      join(seen[index(id)], observed(graph.value(id).name, values), static_cast<double>(begin),
           static_cast<double>(part.size()));
      if (begin == 0) seen[index(id)].first_mean = seen[index(id)].mean;
    });
    results.insert(results.end(), part_results.begin(), part_results.end());
  }
  return seen;
}

std::vector<ValueId> ends_of(const Graph& graph, const std::vector<TensorType>& types) {
  std::vector<bool> visited(graph.values.size(), false);
  std::vector<ValueId> ends, open;
  for (const GraphOutput& output : graph.outputs) open.push_back(output.value);
  while (!open.empty()) {
    const ValueId value = open.back();
    open.pop_back();
    if (visited[index(value)]) continue;
    visited[index(value)] = true;
    const NodeId producer = graph.value(value).producer;
    if (producer == none) continue;
    const Node& node = graph.node(producer);
    const bool smooth = has_weights(node) || follows_inputs(node) || node.as<MatMul>() || node.as<Reduce>();
    if (smooth && is_float(types[index(value)].dtype) && !types[index(value)].bounded) ends.push_back(value);
    else open.insert(open.end(), node.inputs.begin(), node.inputs.end());
  }
  std::ranges::sort(ends);
  return ends;
}

namespace {

Tensor random_input(const TensorType& type, const KnownInput* known, std::mt19937_64& generator) {
  std::normal_distribution<double> normal;
  std::vector<double> values(static_cast<std::size_t>(type.shape.elements()));
  const std::size_t inner = inner_of(type.shape);
  for (std::size_t i = 0; i < values.size(); ++i) {
    double& value = values[i];
    value = normal(generator);
    if (!is_float(type.dtype)) {
      value = std::clamp(128 + 50 * value, 0.0, 255.0);
    } else if (known != nullptr) {
      const std::size_t channel = i / inner % known->mean.size();
      value = std::clamp(known->mean[channel] + std::sqrt(known->var[channel]) * value, known->low, known->high);
    }
  }
  return Tensor::of(type.shape, std::move(values)).as(type.dtype);
}

}  // namespace

std::vector<Inputs> random_inputs(const Graph& graph, const std::vector<TensorType>& types, const KnownInputs& known,
                                  std::size_t count, std::uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::vector<Inputs> result(count);
  for (Inputs& set : result) {
    for (const GraphInput& input : graph.inputs) {
      if (input.default_value) continue;
      const std::string& name = graph.value(input.value).name;
      const auto found = known.find(name);
      set[name] = random_input(types[index(input.value)], found == known.end() ? nullptr : &found->second, generator);
    }
  }
  return result;
}

}  // namespace banoff::quantize
