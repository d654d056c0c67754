// Networks of a few nodes on the gpu device over the host's backend, held to the reference.
#pragma once

#include <doctest/doctest.h>

#include "kernels/gpu/gpu.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/session/contents.hpp"
#include "tests/gpu/host_backend.hpp"

namespace banoff::test {

[[nodiscard]] inline Model model_of(const Graph& graph) {
  Model::Contents contents;
  contents.graph = graph;
  contents.types = infer_types(graph);
  return Model(std::make_shared<const Model::Contents>(std::move(contents)));
}

/// The kernels of a network, changes of layout left out, after its answers were compared with the reference's.
[[nodiscard]] inline std::vector<std::string> kernels_of(const Graph& graph, Precision precision,
                                                         HostOptions host = {}) {
  const Model model = model_of(graph);
  const std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<const HostBackend>(host), {precision, 4096, {}, true, true});
  const CompiledModel compiled = compile_on(model, device);
  const Tensors inputs = model.random_inputs(1);
  const double bound = precision == Precision::fp32 ? 1e-5 : 1e-2;
  for (const OutputError& error : compare(model.reference(inputs), Session(compiled).run(inputs)))
    CHECK(error.max_relative_error < bound);
  std::vector<std::string> kernels;
  for (const StepInfo& step : compiled.info().steps)
    if (!step.nodes.empty()) kernels.push_back(step.implementation);
  return kernels;
}

}  // namespace banoff::test
