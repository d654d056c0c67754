// Bugs that other systems had, by their number there: each is a net on which folding must not repeat it.
#include <cfloat>

#include "tests/folding/check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Folds with both methods, checks the answer, and how many norms each folds.
void expect_folds(const Graph& graph, std::size_t naive, std::size_t banoff) {
  const Outcome simple = fold_with(graph, Method::naive);
  const Outcome full = fold_with(graph, Method::banoff);
  CHECK(simple.report.folded() == naive);
  CHECK(full.report.folded() == banoff);
  CHECK(simple.error < 1e-9);
  CHECK(full.error < 1e-9);
}

ValueId transposed(GraphBuilder& net, ValueId x, std::int64_t out, std::int64_t groups = 1) {
  ConvTranspose op;
  op.out = out, op.kernel = 3, op.stride = 2, op.groups = groups, op.padding.begin = op.padding.end = 1;
  op.output_padding = 1, op.bias = true;
  return net.add(op, {x});
}

/// Gives the node behind `to` the parameters of the node behind `from`.
void share_weights(GraphBuilder& net, ValueId from, ValueId to) { net.producer(to).params = net.producer(from).params; }

}  // namespace

TEST_CASE("pytorch#104593: a conv's weights shared with a path without a norm stay as they are there") {
  GraphBuilder net;
  const ValueId image = net.input({1, 4, 6, 6});
  const ValueId a = net.conv(image, 4, 3, 1, 1, 1, true);
  const ValueId b = net.conv(net.relu(net.bn(a)), 4, 3, 1, 1, 1, true);
  share_weights(net, a, b);
  net.output(net.relu(b));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("pytorch#197539, TNN#808: one conv's weights under two norms are copied before they part") {
  GraphBuilder net;
  const ValueId image = net.input({1, 4, 6, 6});
  const ValueId a = net.conv(image, 4, 3, 1, 1, 1, true);
  const ValueId first = net.relu(net.bn(a));
  const ValueId b = net.conv(first, 4, 3, 1, 1, 1, true);
  share_weights(net, a, b);
  net.output(net.relu(net.bn(b)));
  expect_folds(net.graph, 2, 2);
}

TEST_CASE("ncnn#1339, matconvnet#772: an existing conv bias is multiplied by the scale") {
  GraphBuilder net;
  net.output(net.relu(net.bn(net.conv(net.input({1, 3, 5, 5}), 4, 3, 1, 1, 1, true))));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("ultralytics#25364, onnx/optimizer#106, onnxsim#228: a transposed conv is scaled on its output axis") {
  GraphBuilder net;
  const ValueId x = transposed(net, net.input({1, 3, 5, 5}), 6);
  net.output(net.relu(net.bn(x)));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("onnxruntime#14270: a grouped transposed conv too") {
  GraphBuilder net;
  net.output(net.relu(net.bn(transposed(net, net.input({1, 6, 5, 5}), 9, 3))));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("pytorch/ao#4116: a dense layer on the last dimension does not take a norm of dimension 1") {
  GraphBuilder net;
  const ValueId x = net.dense(net.input({1, 4, 4}), 4);
  net.output(net.relu(net.bn(x)));
  expect_folds(net.graph, 0, 0);
}

TEST_CASE("onnxruntime#22762, #12522: a norm of transposed features folds into the dense layer of those features") {
  GraphBuilder net;
  const ValueId x = net.dense(net.input({2, 5, 4}), 6);
  const ValueId turned = net.add(Transpose{{0, 2, 1}}, {x});
  net.output(net.relu(net.bn(turned)));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("onnxscript#3027: a matmul by a constant has no bias of its own and gets one") {
  for (const bool turned : {false, true}) {
    GraphBuilder net;
    const ValueId image = net.input({2, 4});
    const ValueId weight = net.add(Constant{turned ? Ints{6, 4} : Ints{4, 6}}, {});
    net.output(net.relu(net.bn(net.add(MatMul{false, turned}, {image, weight}))));
    expect_folds(net.graph, 1, 1);
    CHECK(fold_with(net.graph, Method::naive).folded.nodes.size() == 2);  // no leftover constant
  }
}

TEST_CASE("ONE#4773, #4788, lc0#778: a negative gamma before a ReLU folds into the conv with its sign") {
  GraphBuilder net;
  const ValueId y = net.bn(net.conv(net.input({1, 3, 5, 5}), 3));
  net.set(y, Slot::weight, {-0.5, -2, 1.5});
  net.output(net.relu(y));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("ONE#4789, lc0#779: gamma 0 folds where nobody needs the inverse, and blocks where somebody does") {
  GraphBuilder alone;
  const ValueId y = alone.bn(alone.conv(alone.input({1, 3, 5, 5}), 3));
  alone.set(y, Slot::weight, {0.5, 0, -1.5});
  alone.output(alone.relu(y));
  expect_folds(alone.graph, 1, 1);

  GraphBuilder shared;
  const ValueId x = shared.conv(shared.input({1, 3, 5, 5}), 3);
  const ValueId z = shared.bn(x, "bn");
  shared.set(z, Slot::weight, {0.5, 0, -1.5});
  shared.output(shared.relu(z), "a");
  shared.output(shared.relu(shared.conv(x, 2, 1)), "b");
  expect_folds(shared.graph, 0, 0);
  CHECK(fold_with(shared.graph, Method::banoff).norm("bn").blocker == Blocker::zero_scale);

  GraphBuilder forward;
  const ValueId v = forward.bn(forward.relu(forward.input({1, 3, 5, 5})));
  forward.set(v, Slot::weight, {0.5, 0, -1.5});
  forward.output(forward.conv(v, 4, 3, 1, 0));
  expect_folds(forward.graph, 1, 1);
}

TEST_CASE("tvm#2340, #2426: a negative scale does not cross a max-pool, a positive one does") {
  for (const double sign : {1.0, -1.0}) {
    GraphBuilder net;
    const ValueId x = net.pool(PoolKind::max, net.conv(net.input({1, 2, 6, 6}), 2), 2, 2);
    const ValueId y = net.bn(x, "bn");
    net.set(y, Slot::weight, {0.7, sign * 1.3});
    net.output(net.relu(y));
    expect_folds(net.graph, 0, sign > 0 ? 1 : 0);
    if (sign < 0) CHECK(fold_with(net.graph, Method::banoff).norm("bn").blocker == Blocker::sign);
  }
}

TEST_CASE("tvm#2340: a scale of either sign does not cross a ReLU") {
  GraphBuilder net;
  net.output(net.relu(net.bn(net.relu(net.conv(net.input({1, 2, 6, 6}), 2)), "bn")));
  expect_folds(net.graph, 0, 0);
  CHECK(fold_with(net.graph, Method::banoff).norm("bn").blocker == Blocker::activation);
}

TEST_CASE("fasterai#82: subnormal parameters after folding are stored as zero") {
  GraphBuilder net(3, DType::f32);
  const ValueId x = net.conv(net.input({1, 2, 5, 5}), 2);
  const ValueId y = net.bn(x);
  net.set(y, Slot::weight, {1e-35, 1.5});
  net.set(y, Slot::mean, {0, 1});
  net.set(y, Slot::bias, {1e-40, 1});
  net.set(y, Slot::var, {4, 2});
  std::vector<double> weights(36, 0.5);
  weights[0] = 1e-5;
  net.set(x, Slot::weight, weights);
  net.output(net.relu(y));
  const Outcome outcome = fold_with(net.graph, Method::naive);
  REQUIRE(outcome.report.folded() == 1);
  for (const Param& param : outcome.folded.params) {
    REQUIRE(param.value.dtype() == DType::f32);
    for (const float value : param.value.to_vector<float>()) CHECK((value == 0.0F || std::abs(value) >= FLT_MIN));
  }
}

TEST_CASE("tensorflow-onnx#2186: conv, norm, conv, norm: both fold") {
  GraphBuilder net;
  net.output(net.bn(net.conv(net.bn(net.conv(net.input({1, 3, 6, 6}), 4)), 5)));
  expect_folds(net.graph, 2, 2);
}

TEST_CASE("openvino#25649, #25876: a norm folds forward into a conv, grouped or not, on its input axis") {
  for (const std::int64_t groups : {1, 2, 4}) {
    GraphBuilder net;
    net.output(net.conv(net.bn(net.relu(net.input({1, 4, 6, 6}))), 8, 3, 1, 0, groups));
    expect_folds(net.graph, 1, 1);
  }
}

TEST_CASE("opencv#28689, #29160: a residual read around the norm is rescaled, or the norm stays") {
  GraphBuilder net;
  const ValueId x = net.conv(net.input({1, 3, 6, 6}), 3);
  net.output(net.relu(net.sum({net.bn(x, "bn"), x})));
  expect_folds(net.graph, 0, 0);
  CHECK(fold_with(net.graph, Method::naive).norm("bn").blocker == Blocker::branch);
}

TEST_CASE("aimet#2385: a norm without gamma and beta folds") {
  GraphBuilder net;
  net.output(net.relu(net.add(BatchNorm{1e-3, false}, {net.conv(net.input({1, 3, 6, 6}), 3)})));
  expect_folds(net.graph, 1, 1);
}

TEST_CASE("onnx/optimizer#174, #133: no duplicate parameter names and no leftover nodes or parameters") {
  GraphBuilder net;
  const ValueId image = net.input({1, 4, 6, 6});
  const ValueId a = net.conv(image, 4);
  const ValueId b = net.conv(net.relu(net.bn(a)), 4);
  share_weights(net, a, b);
  net.output(net.relu(net.bn(b)));
  const Outcome outcome = fold_with(net.graph, Method::banoff);
  CHECK(outcome.report.folded() == 2);
  CHECK(outcome.folded.nodes.size() == 4);
  CHECK(outcome.folded.params.size() == 4);
  std::vector<std::string> names;
  for (const Param& param : outcome.folded.params) names.push_back(param.name);
  std::ranges::sort(names);
  CHECK(std::ranges::adjacent_find(names) == names.end());
}

TEST_CASE("tensorflow#82371, coremltools#1722: a switch keeps every norm") {
  GraphBuilder net;
  net.output(net.relu(net.bn(net.conv(net.input({1, 3, 6, 6}), 4))));
  const Outcome outcome = fold_with(net.graph, Method::none);
  CHECK(outcome.report.folded() == 0);
  CHECK(outcome.folded.nodes.size() == 3);
}

TEST_CASE("a norm whose gamma is next to nothing has no inverse that padding values could take") {
  GraphBuilder net(52, DType::f32);
  const ValueId y = net.bn(net.input({1, 2, 6, 6}), "bn");
  net.set(y, Slot::weight, {1e-40, 1.3});
  net.set(y, Slot::bias, {0.037, -1.8});
  net.output(net.conv(y, 3));
  for (const Activations activations : {Activations::literal, Activations::clamp}) {
    FoldOptions options;
    options.objective = Objective::count;
    options.activations = activations;
    CHECK(fold_with(net.graph, options).error < 1e-5);
  }
}

TEST_CASE("... nor bounds of an activation") {
  GraphBuilder net(53, DType::f32);
  const ValueId y = net.bn(net.input({1, 2, 6, 6}), "bn");
  net.set(y, Slot::weight, {-1.2, 1e-40});
  net.set(y, Slot::bias, {0.16, -0.042});
  net.set(y, Slot::var, {1, 0.2});
  net.output(net.conv(net.relu(y), 3, 1));
  for (const ActivationKind kind : {ActivationKind::relu, ActivationKind::leaky_relu}) {
    net.graph.nodes[1].op = Activation{kind, 0.1, 0};
    FoldOptions options;
    options.objective = Objective::count;
    options.activations = Activations::clamp;
    CHECK(fold_with(net.graph, options).error < 1e-5);
  }
}

TEST_CASE("a norm whose gamma is beside nothing goes into another norm with its beta, not with an endless mean") {
  GraphBuilder net(51, DType::f32);
  const ValueId x = net.relu(net.conv(net.input({1, 3, 6, 6}), 2));
  const ValueId y = net.bn(x, "first");
  net.set(y, Slot::weight, {1e-40, 1.5});
  net.set(y, Slot::bias, {0.9637627, 1});
  const ValueId z = net.bn(y, "second");
  net.output(z);
  for (const Method method : {Method::naive, Method::banoff, Method::optimal}) {
    const Outcome outcome = fold_with(net.graph, method);
    CHECK(outcome.error < 1e-5);
  }
}
