// Weights that are rounded together.
#include "runtime/compress/quantize/fitting.hpp"
#include "runtime/compress/quantize/samples.hpp"
#include "tests/quantize/nets.hpp"

using namespace banoff;
using namespace banoff::test;
using namespace banoff::quantize;

namespace {

std::vector<std::int8_t> nearest_of(const std::vector<double>& weights) {
  std::vector<std::int8_t> numbers;
  for (const double w : weights)
    numbers.push_back(static_cast<std::int8_t>(std::clamp(std::nearbyint(w), -127.0, 127.0)));
  return numbers;
}

std::vector<double> drawn(std::size_t count, std::uint64_t seed, double size) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<double> uniform(-size, size);
  std::vector<double> values(count);
  for (double& value : values) value = uniform(random);
  return values;
}

/// A A^T of a drawn matrix [size][rank]: singular where the rank is less than the size.
Covariance drawn_covariance(std::size_t size, std::size_t rank, std::uint64_t seed) {
  const std::vector<double> a = drawn(size * rank, seed, 1);
  Covariance c{size, std::vector<double>(size * size, 0.0)};
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      for (std::size_t k = 0; k < rank; ++k) c.values[i * size + j] += a[i * rank + k] * a[j * rank + k];
    }
  }
  return c;
}

/// Variance over all windows of what the errors of an output's weights make of the inputs, by the reference device.
std::vector<double> added_variance(const Graph& graph, const Node& layer, const GridWeights& grid,
                                   const Values& inputs) {
  const Alone error = alone(layer, weight_error(graph, layer, grid));
  Values lost, squares;
  for (const Tensor& input : inputs) {
    lost.push_back(reference::compute<double>(error.graph, error.node, {input.as(DType::f64)})[0]);
    std::vector<double> all = lost.back().to_vector<double>();
    for (double& x : all) x *= x;
    squares.push_back(Tensor::of<double>(lost.back().shape(), std::move(all)));
  }
  const std::vector<double> mean = channel_means(lost);
  std::vector<double> var = channel_means(squares);
  for (std::size_t o = 0; o < var.size(); ++o) var[o] -= mean[o] * mean[o];
  return var;
}

}  // namespace

TEST_CASE("weights rounded together lose much less than the nearest on correlated inputs, never more") {
  double together = 0, alone = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const std::size_t size = 3 + seed, rank = 2 + seed / 2;
    const Covariance c = drawn_covariance(size, rank, seed);
    const std::vector<double> weights = drawn(size, 100 + seed, 130);
    const std::vector<std::int8_t> numbers = Rounder(c).rounded(weights);
    const double lost = error_of(c, weights, numbers), by_nearest = error_of(c, weights, nearest_of(weights));
    CAPTURE(seed);
    CHECK(lost <= by_nearest);
    CHECK(std::ranges::min(numbers) >= -127);
    CHECK(numbers == Rounder(c).rounded(weights));
    together += lost, alone += by_nearest;
  }
  CHECK(together < 0.4 * alone);
}

TEST_CASE("where inputs vary apart or not at all the nearest numbers are the best") {
  const std::vector<double> weights = drawn(20, 9, 120);
  Covariance apart{20, std::vector<double>(400, 0.0)};
  CHECK(Rounder(apart).rounded(weights) == nearest_of(weights));
  for (std::size_t i = 0; i < 20; i += 3) apart.values[i * 20 + i] = 0.1 + static_cast<double>(i);
  CHECK(Rounder(apart).rounded(weights) == nearest_of(weights));
}

TEST_CASE("on all kinds of layers the variance that rounding adds becomes less, by the reference device") {
  GraphBuilder net(11, DType::f32);
  const Shape shape{1, 8, 9, 9};
  const ValueId x = net.input(shape);
  const ValueId smooth = net.pool(PoolKind::avg, net.conv(x, 8, 1), 3, 1, 1);
  const std::vector<ValueId> layers{net.conv(smooth, 12), net.conv(smooth, 12, 1), net.conv(smooth, 8, 3, 2, -1, 8),
                                    net.conv(smooth, 16, 3, 1, 0, 2)};
  const std::vector<Inputs> sets = pictures(shape, 30);
  Values inputs;
  walk(net.graph, sets, reference::compute<float>, [&](ValueId id, const Values& values) {
    if (id == smooth) inputs = values;
  });
  for (const ValueId made : layers) {
    const Node& layer = net.producer(made);
    CAPTURE(layer.name);
    const GridWeights nearest = weights_on_grid(net.graph, layer, 0.01, nullptr, WeightScales::channel).grid;
    const GridWeights best = fitted(net.graph, layer, nearest, inputs, 0.01, 2);
    const GridWeights alone = fitted(net.graph, layer, nearest, inputs, 0.01, 1);
    CHECK(alone.numbers.to_vector<std::int8_t>() == best.numbers.to_vector<std::int8_t>());
    CHECK(std::ranges::equal(best.scale.values<float>(), nearest.scale.values<float>()));
    const std::vector<double> before = added_variance(net.graph, layer, nearest, inputs);
    const std::vector<double> after = added_variance(net.graph, layer, best, inputs);
    double sum_before = 0, sum_after = 0;
    for (std::size_t o = 0; o < before.size(); ++o) sum_before += before[o], sum_after += after[o];
    CHECK(sum_after < 0.75 * sum_before);
  }
}

TEST_CASE("constant and zero inputs leave weights at their nearest numbers") {
  GraphBuilder net(4, DType::f32);
  const ValueId x = net.input({1, 3, 5, 5}), y = net.conv(x, 4, 3, 1, 0);
  const Node& layer = net.producer(y);
  const GridWeights nearest = weights_on_grid(net.graph, layer, 1, nullptr, WeightScales::channel).grid;
  for (const float value : {0.0F, 0.7F}) {
    const Values inputs(3, Tensor::of<float>({1, 3, 5, 5}, std::vector<float>(75, value)));
    const GridWeights best = fitted(net.graph, layer, nearest, inputs, 0.01, 2);
    CHECK(best.numbers.to_vector<std::int8_t>() == nearest.numbers.to_vector<std::int8_t>());
  }
}

TEST_CASE("several blocks of weights are fitted the same by one thread and by three, and progress moves meanwhile") {
  GraphBuilder net(5, DType::f32);
  const ValueId x = net.input({1, 64, 6, 6});
  const ValueId wide = net.conv(x, 20);  // 576 weights an output
  net.classifier(net.relu(wide));
  QuantizeOptions options;
  options.float_layers = 0;
  options.pictures = pictures({1, 64, 6, 6}, 60);
  std::vector<std::vector<double>> numbers;
  for (const int threads : {1, 3}) {
    std::vector<double> shares;
    options.threads = threads;
    options.progress = [&](double share) { shares.push_back(share); };
    const Graph graph = quantized(net.graph, options);
    numbers.push_back(
        graph.param(graph.node(graph.find(net.graph.value(wide).name)), Slot::weight)->to_vector<double>());
    CHECK(std::ranges::is_sorted(shares));
    CHECK(shares.back() == 1);
    CHECK(std::ranges::count_if(shares, [](double share) { return share > 0.3 && share <= 0.6; }) > 3);
  }
  CHECK(numbers[0] == numbers[1]);
}

TEST_CASE("a network's weights are fitted where there are pictures, and the same each time") {
  const SmallNet net;
  QuantizeOptions options;
  options.float_layers = 0;
  options.pictures = pictures(SmallNet::image, 60);
  const auto weights_of = [&] {
    std::vector<std::vector<double>> result;
    const Graph graph = quantized(net.graph, options);
    for (const Node& node : graph.live()) {
      if (has_weight_scale(node.op)) result.push_back(graph.param(node, Slot::weight)->to_vector<double>());
    }
    return result;
  };
  const auto fit = weights_of();
  CHECK(fit == weights_of());
  options.rounding = WeightRounding::nearest;
  CHECK(fit != weights_of());
}
