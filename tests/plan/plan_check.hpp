// Plans of small graphs, run in memory of the test's own and compared with the float64 reference.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "kernels/cpu/cpu.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/plan/plan.hpp"
#include "tests/support/graph_builder.hpp"

namespace banoff::test {

inline std::shared_ptr<const Device> cpu_device() { return cpu::device({.threads = 1}); }

/// Outputs of a plan run once.
inline std::vector<std::vector<float>> run(const Plan& plan, const std::vector<std::vector<float>>& inputs) {
  std::vector<std::byte> memory(plan.arena_bytes + 64);
  std::byte* arena = memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64);
  const auto at = [&](std::int32_t buffer) { return plan.memory(buffer, arena); };
  const std::byte* const read = arena;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::memcpy(at(plan.input_buffers[i]), inputs[i].data(), inputs[i].size() * sizeof(float));
  }
  for (const Step& step : plan.steps) {
    std::vector<const std::byte*> in;
    std::vector<std::byte*> out;
    for (const std::int32_t buffer : step.inputs) in.push_back(plan.memory(buffer, read));
    for (const std::int32_t buffer : step.outputs) out.push_back(at(buffer));
    std::vector<std::int64_t> in_counts(in.size(), 1);
    std::vector<std::int64_t> out_counts(out.size(), 1);
    const auto state = step.kernel->make_state();
    step.kernel->run({in, out, in_counts, out_counts, arena + plan.scratch_offset, state.get()});
  }
  std::vector<std::vector<float>> results;
  for (const std::int32_t buffer : plan.output_buffers) {
    std::vector<float> values(static_cast<std::size_t>(plan.type(buffer).shape.elements()));
    std::memcpy(values.data(), at(buffer), values.size() * sizeof(float));
    results.push_back(std::move(values));
  }
  return results;
}

/// Seeded inputs of a plan's sizes, as the reference takes them and as a plan does.
struct RandomInputs {
  std::map<std::string, Tensor> named;
  std::vector<std::vector<float>> given;
};
inline RandomInputs random_inputs(const Graph& graph, const Plan& plan, std::uint64_t seed) {
  RandomInputs inputs;
  std::mt19937_64 random(seed);
  std::normal_distribution<float> normal;
  for (const GraphInput& input : graph.inputs) {
    const Shape& shape = plan.types[static_cast<std::size_t>(input.value)].shape;
    std::vector<float>& values = inputs.given.emplace_back(static_cast<std::size_t>(shape.elements()));
    for (float& value : values) value = normal(random);
    inputs.named[graph.value(input.value).name] = Tensor::of(shape, values);
  }
  return inputs;
}

/// The device's plan of the graph computes what the reference kernels do.
inline std::shared_ptr<const Plan> check(const Graph& graph, const PlanOptions& options = {},
                                         const std::shared_ptr<const Device>& device = cpu_device()) {
  const auto plan = compile(graph, device, options);
  const auto [inputs, given] = random_inputs(graph, *plan, 3);
  const auto expected = reference::outputs<double>(graph, inputs);
  const auto actual = run(*plan, given);
  for (std::size_t i = 0; i < graph.outputs.size(); ++i) {
    const std::vector<double> want = expected.at(graph.outputs[i].name).to_vector<double>();
    REQUIRE(want.size() == actual[i].size());
    double largest = 1e-9;
    for (const double w : want) largest = std::max(largest, std::abs(w));
    for (std::size_t k = 0; k < want.size(); ++k) REQUIRE(std::abs(want[k] - actual[i][k]) < 1e-5 * largest);
  }
  return plan;
}

}  // namespace banoff::test
