// How many batch norms each method folds in published structures, and that the answers stay the same.
#include "tests/folding/check.hpp"
#include "tests/folding/nets.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

void expect(const Graph& graph, Method method, std::size_t folded, std::size_t total) {
  const Outcome outcome = fold_with(graph, method);
  CHECK(outcome.report.norms.size() == total);
  CHECK(outcome.report.folded() == folded);
  CHECK(outcome.error < 1e-9);
  for (const FoldedNorm& norm : outcome.report.norms) {
    INFO(norm.name << ": " << norm.reason);
    CHECK(norm.blocker != Blocker::self_check);
    CHECK(norm.folded == (outcome.folded.find(norm.name) == none));
  }
}

}  // namespace

TEST_CASE("Keras CIFAR ResNet v2: naive folds the inner norms, banoff one more per stage") {
  struct Row {
    int depth;
    std::size_t naive, banoff, total;
  };
  for (const Row& row : {Row{20, 13, 16, 19}, {56, 37, 40, 55}, {110, 73, 76, 109}, {164, 109, 112, 163}}) {
    CAPTURE(row.depth);
    const Graph net = keras_resnet_v2(row.depth);
    expect(net, Method::naive, row.naive, row.total);
    expect(net, Method::banoff, row.banoff, row.total);
  }
}

TEST_CASE("Keras CIFAR ResNet v1, MobileNet and ResNet-50 fold whole under either method") {
  for (const Method method : {Method::naive, Method::banoff}) {
    expect(keras_resnet_v1(20), method, 19, 19);
    expect(keras_resnet_v1(56), method, 55, 55);
    expect(mobilenet(), method, 27, 27);
    expect(resnet50(), method, 53, 53);
  }
}

TEST_CASE("DenseNet-121: 59 norms stand next to a conv; banoff folds one more in each of the blocks 2 to 4") {
  const Graph net = densenet121();
  expect(net, Method::naive, 59, 121);
  expect(net, Method::banoff, 62, 121);
}

TEST_CASE("the paper's figure 2: a folds whole, b but for the norm between activations, c needs banoff") {
  expect(figure2('a'), Method::naive, 3, 3);
  expect(figure2('a'), Method::banoff, 3, 3);
  expect(figure2('b'), Method::naive, 2, 3);
  expect(figure2('b'), Method::banoff, 2, 3);
  CHECK(fold_with(figure2('b'), Method::banoff).norm("between_activations").blocker == Blocker::activation);
  expect(figure2('c'), Method::naive, 0, 1);
  expect(figure2('c'), Method::banoff, 1, 1);
  CHECK(fold_with(figure2('c'), Method::naive).norm("on_skip").blocker == Blocker::branch);
}

TEST_CASE("the paper's figure 4: a folds into two convs while a third takes the inverse, b cannot fold") {
  expect(figure4('a'), Method::naive, 0, 1);
  expect(figure4('a'), Method::banoff, 1, 1);
  const FoldedNorm norm = fold_with(figure4('a'), Method::banoff).norm("bn");
  CHECK(norm.into.size() == 2);
  CHECK(norm.inverse.size() == 1);
  expect(figure4('b'), Method::naive, 0, 1);
  expect(figure4('b'), Method::banoff, 0, 1);
}

TEST_CASE("the method none leaves every norm and says so") { expect(figure2('a'), Method::none, 0, 3); }
