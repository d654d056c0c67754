// Matrix products: by the device's own kernel, a library's product or its convolution of one pixel, as is fastest.
#include <doctest/doctest.h>

#include <map>

#include <fmt/ranges.h>

#include "kernels/gpu/gpu.hpp"
#include "runtime/session/contents.hpp"
#include "tests/files.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/gpu/op_cases_in.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

const HostOptions slow_jobs{.fuses = false, .job_us = 1000};             // the library's product is fastest
const HostOptions fast_convolutions{.product_us = 500, .job_us = 1000};  // of its calls, the convolution

/// The kernel of a network of one product, after its answers were compared with the reference's.
std::string kernel_of(const Graph& graph, Precision precision, const std::shared_ptr<const HostBackend>& backend,
                      const gpu::Options& given = {}) {
  Model::Contents contents;
  contents.graph = graph;
  contents.types = infer_types(graph);
  const Model model(std::make_shared<const Model::Contents>(std::move(contents)));
  gpu::Options options = given;
  options.precision = precision;
  options.workspace_bytes = 4096;
  const CompiledModel compiled = compile_on(model, gpu::device(backend, options));
  const Tensors inputs = model.random_inputs(1);
  for (const OutputError& error : compare(model.reference(inputs), Session(compiled).run(inputs)))
    CHECK(error.max_relative_error < (precision == Precision::fp32 ? 1e-5 : 1e-2));
  for (const StepInfo& step : compiled.info().steps)
    if (!step.nodes.empty()) return step.implementation;
  return "";
}

std::string kernel_of(const Graph& graph, Precision precision, const HostOptions& host,
                      const gpu::Options& options = {}) {
  return kernel_of(graph, precision, std::make_shared<const HostBackend>(host), options);
}

Graph dense_net(std::int64_t rows, const std::vector<Op>& behind, bool residual = false) {
  GraphBuilder net;
  const ValueId x = net.input({rows, 24});
  Dense dense;
  dense.out = residual ? 24 : 16;
  ValueId y = net.add(dense, {x});
  if (residual) y = net.sum({y, x});
  for (const Op& op : behind) y = net.add(op, {y});
  net.output(y);
  return net.graph;
}

const Activation relu{ActivationKind::relu}, silu{ActivationKind::silu};

}  // namespace

TEST_CASE("every product of the op cases is right in every precision, whoever computes it") {
  const std::map<Precision, double> bounds{
      {Precision::fp32, 1e-5}, {Precision::tf32, 1e-5}, {Precision::fp16, 1e-2}, {Precision::bf16, 8e-2}};
  for (const HostOptions& host : {slow_jobs, fast_convolutions}) {
    for (const auto& entry : bounds) {
      const Precision precision = entry.first;
      auto cases = op_cases_in(precision);
      std::erase_if(cases, [](const OpCase& c) {
        return c.graph.nodes[0].as<Dense>() == nullptr && c.graph.nodes[0].as<MatMul>() == nullptr;
      });
      REQUIRE(cases.size() > 10);
      const std::shared_ptr<const Device> device =
          gpu::device(std::make_shared<HostBackend>(host), {precision, 4096, {}, true});
      const auto report = check_device(*staged(device), cases, entry.second);
      CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
      int by_library = 0;
      for (const auto& [name, count] : report.implementations)
        if (name.find("host") != std::string::npos) by_library += static_cast<int>(count);
      CHECK(by_library > 0);
    }
  }
}

TEST_CASE("the fastest way is taken, with as much behind the product as it knows, and the rest in a pass") {
  gpu::Options idle;  // takes the first that builds
  idle.tune = false;
  for (const Precision precision : {Precision::fp32, Precision::fp16}) {
    CAPTURE(std::string(name_of(precision)));
    CHECK(kernel_of(dense_net(16, {silu}), precision, HostOptions{}) == "dot");
    CHECK(kernel_of(dense_net(16, {relu}), precision, slow_jobs) == "product:host/1");
    CHECK(kernel_of(dense_net(16, {silu}), precision, slow_jobs) ==
          "dot");  // in one pass, where the call needs another
    CHECK(kernel_of(dense_net(16, {relu, silu}), precision, slow_jobs, idle) == "product:host/1");
    CHECK(kernel_of(dense_net(16, {silu}), precision, slow_jobs, idle) == "product:host/0");
    CHECK(kernel_of(dense_net(16, {silu}), precision, HostOptions{.job_us = 1000}) == "conv1x1:host1/1");
    CHECK(kernel_of(dense_net(16, {relu}, true), precision, slow_jobs) == "product:host/2");
    CHECK(kernel_of(dense_net(16, {relu}), precision, fast_convolutions) == "conv1x1:host1/1");
    CHECK(kernel_of(dense_net(7, {relu}), precision, fast_convolutions) == "product:host/1");
  }
}

TEST_CASE("without the library's products, or without measuring, there is a way all the same") {
  HostOptions missing = slow_jobs;
  missing.no_products = "no such library";
  missing.library = false;
  CHECK(kernel_of(dense_net(16, {relu}), Precision::fp32, missing) == "dot");
  gpu::Options idle;
  idle.tune = false;
  CHECK(kernel_of(dense_net(16, {relu}), Precision::fp32, HostOptions{}, idle) == "product:host/1");
  CHECK(kernel_of(dense_net(2, {relu}), Precision::fp32, slow_jobs, idle) == "dot");
  CHECK(kernel_of(dense_net(16, {relu}), Precision::fp32, missing, idle) == "dot");
}

TEST_CASE("a product's way is known to the next process, without asking anybody") {
  const TemporaryFolder folder;
  gpu::Options options;
  options.tuning_file = folder.path() / "a.tunings";
  const auto first = std::make_shared<const HostBackend>(slow_jobs);
  CHECK(kernel_of(dense_net(16, {relu}), Precision::fp32, first, options) == "product:host/1");
  CHECK(first->counters().rebuilt == 0);
  const auto second = std::make_shared<const HostBackend>(slow_jobs);
  CHECK(kernel_of(dense_net(16, {relu}), Precision::fp32, second, options) == "product:host/1");
  CHECK(second->counters().rebuilt == 1);
  CHECK(second->counters().timed < first->counters().timed);
}

TEST_CASE("products of two values go to the library where their batches lie in even steps") {
  struct Case {
    Shape left, right;
    const char* kernel;
  };
  const std::vector<Case> cases{{{9, 12}, {12, 10}, "product:host/0"},
                                {{3, 2, 9, 12}, {3, 2, 12, 10}, "product:host/0"},
                                {{3, 2, 9, 12}, {12, 10}, "product:host/0"},
                                {{3, 1, 9, 12}, {1, 2, 12, 10}, "dot"}};
  for (const Case& c : cases) {
    GraphBuilder net;
    net.output(net.add(MatMul{}, {net.input(c.left, "a"), net.input(c.right, "b")}));
    CAPTURE(c.left.str());
    CHECK(kernel_of(net.graph, Precision::fp32, slow_jobs) == c.kernel);
  }
}
