#include "tests/op_cases/nan_cases.hpp"

#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "runtime/graph/signature.hpp"

namespace banoff::test {

namespace {

using Values = std::vector<double>;
using Places = std::vector<std::int64_t>;

// Channels for every width that a vectorised loop takes them in, and some left over.
constexpr std::int64_t images = 2, channels = 43, height = 5, width = 9;
const Shape shape{images, channels, height, width};

std::int64_t at(std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
  return ((n * channels + c) * height + y) * width + x;
}
std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i); }

/// Few different values, exact in 32 bits, so that there are equal ones; one in eight is NaN, few are infinite.
Values drawn(std::uint64_t seed) {
  Values values(index(shape.elements()));
  for (double& value : values) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    const auto draw = static_cast<int>(seed >> 58U);  // 0 … 63
    value = draw < 8 ? std::nan("") : draw == 8 ? HUGE_VAL : draw == 9 ? -HUGE_VAL : (draw - 36) / 8.0;
  }
  return values;
}

/// Of the values at these places the one that a maximum (or minimum) is: the first NaN, else the first of the best; or
/// the last of them.
std::int64_t best(const Values& values, const Places& places, bool largest, bool last = false) {
  std::int64_t found = places.front();
  for (const std::int64_t place : places) {
    const double leader = values[index(found)];
    const double value = values[index(place)];
    const bool same = std::isnan(leader) ? std::isnan(value) : value == leader;
    const bool ahead = std::isnan(value) || (largest ? value > leader : value < leader);
    if (same ? last : ahead && !std::isnan(leader)) found = place;
  }
  return found;
}

/// Where a pool's window at (y, x) reads.
Places window(const Pool& pool, std::int64_t n, std::int64_t c, std::int64_t y, std::int64_t x) {
  Places places;
  for (std::int64_t i = 0; i < pool.kernel.at(0); ++i) {
    for (std::int64_t j = 0; j < pool.kernel.at(1); ++j) {
      const std::int64_t row = y * pool.steps().at(0) - pool.padding.begin.at(0) + i * pool.dilation.at(0);
      const std::int64_t column = x * pool.steps().at(1) - pool.padding.begin.at(1) + j * pool.dilation.at(1);
      if (row >= 0 && row < height && column >= 0 && column < width) places.push_back(at(n, c, row, column));
    }
  }
  return places;
}

OpCase make_case(const std::string& name, const Op& op, const std::vector<Values>& inputs,
                 const std::vector<Tensor>& expected) {
  OpCase result;
  result.name = name;
  Node node;
  node.name = "node";
  node.op = op;
  for (const Values& values : inputs) {
    const std::string input = fmt::format("in{}", result.inputs.size());
    std::vector<Dim> dims;
    for (const std::int64_t size : shape) dims.push_back({size, "", false});
    node.inputs.push_back(result.graph.add_input(input, DType::f32, dims));
    result.inputs[input] = Tensor::of<double>(shape, values);
  }
  const NodeId id = result.graph.add_node(node, expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    result.graph.add_output(fmt::format("out{}", i), result.graph.node(id).outputs[i]);
    result.expected[fmt::format("out{}", i)] = expected[i];
  }
  return result;
}

Tensor taken(const Shape& out, const Values& values, const Places& places) {
  Values result;
  for (const std::int64_t place : places) result.push_back(values[index(place)]);
  return Tensor::of<double>(out, result);
}

void add_pools(std::vector<OpCase>& cases, const Values& values) {
  Pool padded, dilated, wide;
  padded.kernel = Spatial(3), padded.stride = Spatial(1), padded.padding = {Padding::Mode::given, 1, 1};
  dilated.kernel = Spatial(2), dilated.stride = Spatial(1), dilated.dilation = Spatial(3);
  wide.kernel = Spatial(Ints{2, 4}), wide.stride = Spatial(2);
  for (const Pool& pool : {padded, dilated, wide}) {
    const auto spatial = windows(pool, shape);
    Places places;
    for (std::int64_t plane = 0; plane < images * channels; ++plane) {
      for (std::int64_t y = 0; y < spatial[0].output; ++y) {
        for (std::int64_t x = 0; x < spatial[1].output; ++x)
          places.push_back(best(values, window(pool, plane / channels, plane % channels, y, x), true));
      }
    }
    const Shape out{images, channels, spatial[0].output, spatial[1].output};
    cases.push_back(
        make_case(fmt::format("nan_max_pool_{}", cases.size()), pool, {values}, {taken(out, values, places)}));
    cases.push_back(make_case(fmt::format("nan_max_pool_indices_{}", cases.size()), MaxPoolIndices{pool}, {values},
                              {Tensor::of<std::int64_t>(out, places)}));
  }
}

/// Calls f with the places that differ in these axes alone, for every place in the others.
void for_each_line(const std::vector<std::size_t>& axes, const std::function<void(const Places&)>& f) {
  const auto inside = [&](std::size_t axis) { return std::ranges::find(axes, axis) != axes.end(); };
  const auto count = [&](std::size_t axis, bool line) { return inside(axis) == line ? shape[axis] : 1; };
  const auto each = [&](bool line, const auto& g) {
    for (std::int64_t n = 0; n < count(0, line); ++n)
      for (std::int64_t c = 0; c < count(1, line); ++c)
        for (std::int64_t y = 0; y < count(2, line); ++y)
          for (std::int64_t x = 0; x < count(3, line); ++x) g(at(n, c, y, x));
  };
  each(false, [&](std::int64_t start) {
    Places places;
    each(true, [&](std::int64_t within) { places.push_back(start + within); });
    f(places);
  });
}

void add_reductions(std::vector<OpCase>& cases, const Values& values) {
  const auto chosen = [&](const std::vector<std::size_t>& axes, bool largest) {
    Places places;
    for_each_line(axes, [&](const Places& line) { places.push_back(best(values, line, largest)); });
    return places;
  };
  const Tensor whole = taken({images, channels, 1, 1}, values, chosen({2, 3}, true));
  cases.push_back(make_case("nan_global_max_pool", GlobalPool{PoolKind::max}, {values}, {whole}));
  for (const bool largest : {true, false}) {
    Reduce reduce;
    reduce.kind = largest ? ReduceKind::max : ReduceKind::min;
    const std::string name = largest ? "nan_reduce_max" : "nan_reduce_min";
    reduce.axes = {2, 3};
    cases.push_back(make_case(name + "_picture", reduce, {values},
                              {taken({images, channels, 1, 1}, values, chosen({2, 3}, largest))}));
    reduce.axes = {1};
    cases.push_back(make_case(name + "_channels", reduce, {values},
                              {taken({images, 1, height, width}, values, chosen({1}, largest))}));
  }
}

void add_places(std::vector<OpCase>& cases, const Values& values, std::size_t axis) {
  for (const bool largest : {true, false}) {
    for (const bool last : {false, true}) {
      ArgReduce op{largest ? ArgKind::max : ArgKind::min, static_cast<std::int64_t>(axis), true, last};
      Places found;
      for_each_line({axis}, [&](const Places& line) {
        found.push_back(std::ranges::find(line, best(values, line, largest, last)) - line.begin());
      });
      Shape out = shape;
      out[axis] = 1;
      cases.push_back(make_case(fmt::format("nan_arg_{}_{}_{}", largest ? "max" : "min", last ? "last" : "first", axis),
                                op, {values}, {Tensor::of<std::int64_t>(out, found)}));
    }
  }
}

/// Along the last axis, where what is found lies in a row.
void add_top_k(std::vector<OpCase>& cases, const Values& values) {
  constexpr std::int64_t k = 4;
  for (const bool largest : {true, false}) {
    Places found, within;
    for_each_line({3}, [&](const Places& line) {
      Places order(line.size());
      std::iota(order.begin(), order.end(), 0);
      const auto key = [&](std::int64_t i) {  // a NaN beyond infinity
        const double value = values[index(line[index(i)])];
        const std::pair<bool, double> rank{std::isnan(value), std::isnan(value) ? 0 : value};
        return largest ? std::pair{!rank.first, -rank.second} : rank;
      };
      std::ranges::stable_sort(order, {}, key);
      for (std::int64_t i = 0; i < k; ++i)
        within.push_back(order[index(i)]), found.push_back(line[index(within.back())]);
    });
    const Shape out{images, channels, height, k};
    cases.push_back(make_case(largest ? "nan_top_k_largest" : "nan_top_k_smallest", TopK{3, k, largest}, {values},
                              {taken(out, values, found), Tensor::of<std::int64_t>(out, within)}));
  }
}

void add_pairs(std::vector<OpCase>& cases, const Values& a, const Values& b) {
  for (const bool largest : {true, false}) {
    Values result;
    for (std::size_t i = 0; i < a.size(); ++i)
      result.push_back(Values{a[i], b[i]}[index(best({a[i], b[i]}, {0, 1}, largest))]);
    cases.push_back(make_case(largest ? "nan_max" : "nan_min", Pair{largest ? PairKind::max : PairKind::min}, {a, b},
                              {Tensor::of<double>(shape, result)}));
  }
}

}  // namespace

std::vector<OpCase> nan_cases() {
  std::vector<OpCase> cases;
  const Values values = drawn(1);
  add_pools(cases, values);
  add_reductions(cases, values);
  add_places(cases, values, 1);
  add_places(cases, values, 3);
  add_top_k(cases, values);
  add_pairs(cases, values, drawn(2));
  return cases;
}

}  // namespace banoff::test
