// What a fold may cost in float32, and what it is measured against: the rounding that the network has anyway.
#include <cmath>

#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

constexpr double pixel = 3000, deviation = 1.25;

/// (x - 3000) / 1.25 per channel, and what follows.
ValueId normalised_camera(GraphBuilder& net, const Shape& shape) {
  const ValueId image = net.input(shape);
  const auto constant = [&](double value) {
    const ValueId made = net.add(Constant{{1, shape[1], 1, 1}}, {});
    net.set(made, Slot::value, std::vector<double>(static_cast<std::size_t>(shape[1]), value));
    return made;
  };
  const ValueId centred = net.add(Binary{BinaryKind::sub}, {image, constant(pixel)});
  return net.add(Binary{BinaryKind::div}, {centred, constant(deviation)});
}

/// The largest difference between float32 and the original in float64, on numbers as the camera gives them, relative to
/// the largest output.
double float_error(const Graph& original, const Graph& graph) {
  auto inputs = random_inputs(original);
  for (auto& [name, tensor] : inputs) {
    std::vector<double> values = tensor.to_vector<double>();
    for (double& value : values) value = static_cast<float>(pixel + deviation * value);
    tensor = Tensor::of<double>(tensor.shape(), std::move(values));
  }
  const auto expected = reference::outputs<double>(original, inputs);
  const auto actual = reference::outputs<float>(graph, inputs);
  double worst = 0;
  for (const auto& [name, tensor] : expected) {
    const auto x = tensor.to_vector<double>(), y = actual.at(name).to_vector<double>();
    double off = 0, size = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
      off = std::max(off, std::abs(x[i] - y[i])), size = std::max(size, std::abs(x[i]));
    }
    worst = std::max(worst, off / size);
  }
  return worst;
}

FoldOptions optimal(Activations activations) {
  FoldOptions options;
  options.activations = activations;
  options.objective = Objective::count;
  return options;
}

/// Folding keeps the accuracy of float32, up to the stated factor, and removes so many maps per channel.
void expect_accurate(const Graph& graph, std::size_t maps) {
  const double own = float_error(graph, graph);
  CHECK(own < 1e-6);
  for (const Activations activations : {Activations::literal, Activations::clamp, Activations::automatic}) {
    CAPTURE(name_of(activations));
    const Outcome outcome = fold_with(graph, optimal(activations));
    CHECK(outcome.report.affine_folded == maps);
    CHECK(float_error(graph, outcome.folded) < 8 * std::max(own, 1e-7));
  }
}

}  // namespace

TEST_CASE("a camera's mean stays a subtraction; what it is divided by goes into the conv") {
  GraphBuilder net(21, DType::f32);
  net.output(net.relu(net.conv(normalised_camera(net, {1, 3, 8, 8}), 4, 3, 1, 0, 1, true)));
  expect_accurate(net.graph, 1);
  // Without the guard both go, and the digits with them.
  FoldOptions options = optimal(Activations::literal);
  options.max_cancellation = 1e12;
  const Outcome outcome = fold_with(net.graph, options);
  CHECK(outcome.report.affine_folded == 2);
  CHECK(float_error(net.graph, outcome.folded) > 1e-5);
}

TEST_CASE("before zero padding too, where padding values could carry the mean") {
  GraphBuilder net(22, DType::f32);
  net.output(net.relu(net.conv(normalised_camera(net, {1, 3, 8, 8}), 4, 3, 1, 1, 1, true)));
  expect_accurate(net.graph, 1);
}

TEST_CASE("a norm behind it folds all the same") {
  GraphBuilder net(23, DType::f32);
  net.output(net.conv(net.relu(net.bn(net.conv(normalised_camera(net, {1, 3, 8, 8}), 4, 3, 1, 0), "bn")), 2));
  const Outcome outcome = fold_with(net.graph, optimal(Activations::literal));
  CHECK(outcome.norm("bn").folded);
  expect_accurate(net.graph, 1);
}

TEST_CASE("a mean of ordinary pictures folds: it costs what rounding costs anyway") {
  GraphBuilder net(24, DType::f32);
  const ValueId image = net.input({1, 3, 8, 8});
  const ValueId mean = net.add(Constant{{1, 3, 1, 1}}, {}), sigma = net.add(Constant{{1, 3, 1, 1}}, {});
  net.set(mean, Slot::value, {0.485, 0.456, 0.406});
  net.set(sigma, Slot::value, {0.229, 0.224, 0.225});
  const ValueId centred = net.add(Binary{BinaryKind::sub}, {image, mean});
  net.output(net.conv(net.add(Binary{BinaryKind::div}, {centred, sigma}), 4, 3, 1, 0));
  CHECK(fold_with(net.graph, optimal(Activations::literal)).report.affine_folded == 2);
}

TEST_CASE("a norm whose inverse would be read out of numbers that hide it stays, and says the numbers") {
  // b reads x, of size 1, which would be stored as y / a = (x + 300): the other reader's share is lost in rounding.
  GraphBuilder net(25, DType::f32);
  const ValueId x = net.conv(net.input({1, 3, 9, 9}), 2);
  const ValueId y = net.bn(x, "bn");
  net.set(y, Slot::weight, {0.01, 0.5});
  net.set(y, Slot::mean, {0.1, 0.5});
  net.set(y, Slot::var, {1, 1});
  net.set(y, Slot::bias, {3.0, 0.5});
  net.output(net.conv(net.relu(y), 2, 1), "a");
  net.output(net.conv(x, 2, 1), "b");
  for (const Method method : {Method::banoff, Method::optimal}) {
    CAPTURE(name_of(method));
    FoldOptions options = optimal(Activations::clamp);
    options.method = method;
    const FoldedNorm refused = fold_with(net.graph, options).norm("bn");
    CHECK(!refused.folded);
    CHECK(refused.blocker == Blocker::amplification);
    CHECK(refused.reason.find("times as large") + refused.reason.find("offset of") != 2 * std::string::npos);
    options.max_cancellation = 1e4;
    CHECK(fold_with(net.graph, options).norm("bn").folded);
  }
}

TEST_CASE("a large mean before a norm folds backward and forward: what it hides is hidden already") {
  for (const bool backward : {true, false}) {
    CAPTURE(backward);
    GraphBuilder net(26, DType::f32);
    ValueId x = net.conv(net.input({1, 3, 9, 9}), 2, 3, 1, 0, 1, true);
    net.set(x, Slot::bias, {1000, 1000});
    if (!backward) x = net.relu(x);
    const ValueId y = net.bn(x, "bn");
    net.set(y, Slot::mean, {1000, 1001});
    net.output(net.conv(y, 2, 3, 1, 0));
    for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
      CHECK(fold_with(net.graph, method).norm("bn").folded);
    }
  }
}
