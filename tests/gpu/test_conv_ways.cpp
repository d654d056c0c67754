// A network's convolutions by a library whose ways fail, as cuDNN's may.
#include <doctest/doctest.h>

#include "kernels/gpu/gpu.hpp"
#include "runtime/session/contents.hpp"
#include "tests/files.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

Model model_of(const Graph& graph) {
  Model::Contents contents;
  contents.graph = graph;
  contents.types = infer_types(graph);
  return Model(std::make_shared<const Model::Contents>(std::move(contents)));
}

/// Convolutions in a row: the first, and then equal ones.
Graph row_of_convolutions(int equal) {
  GraphBuilder net;
  ValueId x = net.conv(net.input({1, 8, 6, 6}), 16);
  for (int i = 0; i < equal; ++i) x = net.conv(x, 16);
  net.output(x);
  return net.graph;
}

struct Network {
  std::shared_ptr<const HostBackend> backend;
  std::vector<StepInfo> convolutions;
};

/// The steps of a network whose answers are the reference's.
Network compiled(const Graph& graph, const HostOptions& host, bool tune = true,
                 const std::filesystem::path& tunings = {}) {
  Network result{std::make_shared<const HostBackend>(host), {}};
  const Model model = model_of(graph);
  const CompiledModel made = compile_on(model, gpu::device(result.backend, {Precision::fp32, 4096, tunings, tune}));
  const Tensors inputs = model.random_inputs(1);
  for (const OutputError& error : compare(model.reference(inputs), Session(made).run(inputs)))
    CHECK(error.max_relative_error < 1e-5);
  for (const StepInfo& step : made.info().steps)
    if (!step.nodes.empty()) result.convolutions.push_back(step);
  return result;
}

}  // namespace

TEST_CASE("equal convolutions are one of the library's, with weights of their own") {
  const Network net = compiled(row_of_convolutions(4), {});
  REQUIRE(net.convolutions.size() == 5);
  for (const StepInfo& step : net.convolutions) {
    CHECK(step.implementation == "host1");
    CHECK(step.tuned_us == doctest::Approx(99));
  }
  CHECK(net.backend->counters().asked == 2);
  CHECK(net.backend->counters().built == 4);
}

TEST_CASE("a network compiled a second time is neither measured nor built, by another process either") {
  const TemporaryFolder folder;
  const HostOptions host{.plan = "library 1.0"};
  const Graph graph = row_of_convolutions(2);
  CHECK(compiled(graph, host, true, folder.path() / "a.tunings").backend->counters().built == 4);
  const Network again = compiled(graph, host, true, folder.path() / "a.tunings");
  CHECK(again.backend->counters().asked == 0);
  CHECK(again.backend->counters().built == 0);
  CHECK(again.backend->counters().rebuilt == 2);
  CHECK(again.convolutions[0].tuned_us == doctest::Approx(99));
  HostOptions newer = host;
  newer.plan = "library 1.1";
  const Network other = compiled(graph, newer, true, folder.path() / "a.tunings");
  CHECK(other.backend->counters().rebuilt == 0);
  CHECK(other.backend->counters().built == 2);
}

TEST_CASE("whatever way fails, the network is compiled with another, and without any with the device's own kernel") {
  const std::string missing = "cudnnBackendFinalize: CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED (1008)";
  for (const bool tune : {true, false}) {
    CAPTURE(tune);
    const auto way = [&](HostOptions host) {
      return compiled(row_of_convolutions(0), host, tune).convolutions[0].implementation;
    };
    CHECK(way({.ways = {{"a", 1, missing}, {"b", 2}}}) == "b");
    CHECK(way({.ways = {{"a", 1, "", missing}, {"b", 2}}}) == "b");
    CHECK(way({.ways = {{"a", 1, missing}}, .fallback = {{"b", 2}}}) == "b");
    CHECK(way({.fallback = {{"b", 2}}, .no_ways = missing}) == "b");
    CHECK(way({.ways = {{"a", 1, missing}, {"b", 2, "", missing}}}) == "direct");
    CHECK(way({.no_ways = missing}) == "direct");
  }
}

TEST_CASE("a device past use ends the compilation, and no other way is tried on it") {
  for (const bool tune : {true, false}) {
    const HostOptions host{.ways = {{"a", 1, "", "an illegal memory access", true}, {"b", 2}}};
    try {
      (void)compiled(row_of_convolutions(0), host, tune);
      FAIL("it was compiled");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::internal);
      CHECK(std::string(error.what()).find("past use") != std::string::npos);
    }
  }
}

TEST_CASE("what follows a convolution is left to a pass of its own where the library takes no way with it") {
  GraphBuilder net;
  net.output(net.add(Activation{ActivationKind::silu}, {net.conv(net.input({1, 8, 6, 6}), 8)}));
  CHECK(compiled(net.graph, {.fuses = false}).convolutions[0].implementation == "host1+pointwise");
}
