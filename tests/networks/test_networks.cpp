// Random networks from file to answer. banoff_network_fuzz runs the same for longer.
#include <doctest/doctest.h>

#include "banoff/session.hpp"
#include "tests/files.hpp"
#include "tests/networks/network_check.hpp"
#include "tests/networks/network_writer.hpp"
#include "tests/networks/shrink_network.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// How far the cpu is from float64, relative to the largest value.
double error_on_cpu(const NetworkWriter& net, const TemporaryFolder& folder) {
  const Model model = Model::load(folder.write("made.onnx", net.model().SerializeAsString()));
  const Tensors x = model.random_inputs(3);
  const Tensors actual = Session(CompiledModel::compile(model)).run(x);
  return compare(model.reference(x), actual).at(0).max_relative_error;
}

}  // namespace

TEST_CASE("random networks keep their answer through folding by every method, on the cpu and in files") {
  const TemporaryFolder folder;
  NetworkTally tally;
  for (std::uint64_t seed = 1; seed <= 120; ++seed) {
    CAPTURE(seed);
    const auto fault = check_network(random_network(seed), folder.path(), &tally);
    if (fault) FAIL_CHECK(fault->kind << ": " << fault->details);
  }
  CHECK(tally.networks == 120);
  // The generator must not drift to where nothing can be folded, or everything.
  CHECK(tally.folded["naive"] > tally.norms / 10);
  CHECK(tally.folded["clamp"] > tally.folded["literal"]);
  CHECK(tally.folded["literal"] > tally.folded["naive"]);
  CHECK(tally.folded["clamp"] < tally.norms);
}

TEST_CASE("random networks are the same for the same seed, and of every kind") {
  CHECK(random_network(3).model.SerializeAsString() == random_network(3).model.SerializeAsString());
  std::size_t half = 0, symbolic = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const RandomNetwork network = random_network(seed);
    half += network.half ? 1 : 0;
    symbolic += network.model.graph().input(0).type().tensor_type().shape().dim(0).has_dim_param() ? 1 : 0;
  }
  CHECK(half > 3);
  CHECK(half < 25);
  CHECK(symbolic > 8);
}

TEST_CASE("a network is shrunk to what still fails") {
  const RandomNetwork network = random_network(5);
  const auto has_norm = [](const RandomNetwork& each) {
    for (const onnx::NodeProto& node : each.model.graph().node()) {
      if (node.op_type() == "BatchNormalization") return true;
    }
    return false;
  };
  REQUIRE(has_norm(network));
  const RandomNetwork small = shrink_network(network, has_norm);
  CHECK(has_norm(small));
  CHECK(small.model.graph().node_size() == 1);
}

TEST_CASE("a sum behind a convolution has its bias where windows read nothing but padding") {
  const TemporaryFolder folder;
  for (const std::int64_t channels : {1, 2, 16}) {
    for (const bool constant : {true, false}) {
      CAPTURE(channels);
      CAPTURE(constant);
      Draws dice(41);
      NetworkWriter net(NetworkFloat::f32, 15);
      const NetworkValue x = net.input("x", {1, 4, 4, 5}, false);
      const auto conv = [&](const NetworkValue& from) {
        const std::string weight = net.constant({channels, 4, 2, 3}, dice.normals(channels * 24));
        const NetworkValue y = net.node("Conv", {from.name, weight, net.constant({channels}, dice.normals(channels))},
                                        {1, channels, 5, 3});
        net.with("pads", {0, 0, 2, 0});
        return y;
      };
      const NetworkValue y = conv(x);
      const std::string other = constant ? net.constant(y.shape, dice.normals(y.shape.elements())) : conv(x).name;
      net.output(net.node("Add", {y.name, other}, y.shape));
      CHECK(error_on_cpu(net, folder) < 1e-6);
    }
  }
}

TEST_CASE("activations of one kind follow each other with their own numbers") {
  const TemporaryFolder folder;
  Draws dice(42);
  NetworkWriter net(NetworkFloat::f32, 15);
  const NetworkValue x = net.input("x", {1, 3, 6, 6}, false);
  const NetworkValue y = net.node("Conv", {x.name, net.constant({4, 3, 3, 3}, dice.normals(108))}, {1, 4, 4, 4});
  const NetworkValue z = net.node("LeakyRelu", {y.name}, y.shape);
  net.with("alpha", 0.3);
  net.output(net.node("Relu", {z.name}, z.shape));
  CHECK(error_on_cpu(net, folder) < 1e-6);
}
