// The table of op cases with values stored in fewer bits in front of and behind the op, against float64.
#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include <set>

#include "runtime/core/dtype.hpp"
#include "runtime/graph/quantised.hpp"
#include "tests/op_cases/op_cases.hpp"
#include "tests/plan/in_layout.hpp"
#include "tests/plan/plan_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// Ops that jump: a number next to the jump may fall to either side of it.
bool jumps(const Node& node) {
  if (const auto* unary = node.as<Unary>())
    return unary->kind == UnaryKind::floor || unary->kind == UnaryKind::ceil || unary->kind == UnaryKind::round ||
           unary->kind == UnaryKind::sign || unary->kind == UnaryKind::reciprocal || unary->kind == UnaryKind::log ||
           unary->kind == UnaryKind::tan;
  const auto* pair = node.as<Pair>();
  const auto* binary = node.as<Binary>();
  return (pair != nullptr && pair->kind != PairKind::max && pair->kind != PairKind::min) ||
         (binary != nullptr && binary->kind == BinaryKind::div) || node.as<FakeQuantize>() != nullptr ||
         node.as<Nms>() != nullptr || node.as<RoiAlign>() != nullptr || node.as<PickChannel>() != nullptr ||
         node.as<DecodeBoxes>() != nullptr || node.as<MaxPoolIndices>() != nullptr || node.as<TopK>() != nullptr;
}

bool is_of_floats(const OpCase& op_case) {
  const auto float_valued = [](const auto& entry) {
    const DType type = entry.second.dtype();
    return is_float(type) && entry.second.elements() > 0;
  };
  const Node& node = op_case.graph.nodes[0];
  return !op_case.inputs.empty() && std::ranges::all_of(op_case.inputs, float_valued) &&
         std::ranges::all_of(op_case.expected, float_valued) && !jumps(node) &&
         std::ranges::none_of(infer_types(op_case.graph),
                              [](const TensorType& type) { return type.bounded || type.dtype != DType::f32; });
}

FakeQuantize grid_for(const Tensor& values) {
  double low = 0, high = 1e-3;
  for (const double v : values.to_vector<double>()) {
    if (!std::isfinite(v)) continue;
    low = std::min(low, v), high = std::max(high, v);
  }
  const double scale = static_cast<double>(static_cast<float>((high - low) / 255));
  return {DType::u8, scale, std::llround(-low / scale)};
}

/// The node of the case with `before` in front of each of its inputs and `behind` behind each of its outputs, and then
/// something that is no output's own memory.
template <class Before, class Behind>
Graph between(const OpCase& op_case, const Before& before, const Behind& behind) {
  const Graph& given = op_case.graph;
  Graph graph;
  Node node = given.nodes[0];
  node.inputs.clear();
  std::map<ValueId, ValueId> known;
  for (const GraphInput& input : given.inputs) {
    const std::string name = given.value(input.value).name;
    const ValueId raw = graph.add_input(name, input.dtype, input.dims);
    const NodeId put = graph.add_node({"before_" + name, before(op_case.inputs.at(name)), {raw}, {}, {}, {}});
    known[input.value] = graph.node(put).outputs[0];
  }
  for (const ValueId input : given.nodes[0].inputs) node.inputs.push_back(known.at(input));
  for (auto& [slot, param] : node.params)
    param = graph.add_param(given.params[static_cast<std::size_t>(param)].name, given.param(param));
  const std::size_t count = node.outputs.size();
  node.outputs.clear();
  const NodeId made = graph.add_node(node, count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = fmt::format("out{}", i);
    const NodeId put = graph.add_node(
        {"behind_" + name, behind(op_case.expected.at(name)), {graph.node(made).outputs[i]}, {}, {}, {}});
    const NodeId last = graph.add_node(
        {"last_" + name, Activation{ActivationKind::linear, 1, 0}, {graph.node(put).outputs[0]}, {}, {}, {}});
    graph.add_output(name, graph.node(last).outputs[0]);
  }
  return graph;
}

struct Found {
  double worst = 0;  ///< in units of what a difference is measured by
  std::vector<std::string> failures;
  std::set<std::string> ran, computed;
};

/// Runs it on the device and in float64; `unit(output)` is what differences are measured by.
template <class Unit>
void compare(const Graph& graph, const OpCase& op_case, const std::shared_ptr<const Device>& device, double most,
             const Unit& unit, Found& found) {
  const auto plan = compile(graph, device, {});
  for (const Step& step : plan->steps) found.ran.insert(step.kernel->implementation());
  std::vector<std::vector<float>> given;
  for (const GraphInput& input : graph.inputs)
    given.push_back(op_case.inputs.at(graph.value(input.value).name).to_vector<float>());
  const auto expected = reference::outputs<double>(graph, op_case.inputs);
  const auto actual = run(*plan, given);
  found.computed.insert(op_case.name);
  for (std::size_t o = 0; o < graph.outputs.size(); ++o) {
    const std::vector<double> want = expected.at(graph.outputs[o].name).to_vector<double>();
    double worst = 0;
    for (std::size_t i = 0; i < want.size(); ++i) {
      const double off = std::abs(want[i] - static_cast<double>(actual[o][i])) / unit(graph.outputs[o].name);
      worst = std::max(worst, std::isnan(off) ? 1e9 : off);
    }
    found.worst = std::max(found.worst, worst);
    if (worst > most) found.failures.push_back(fmt::format("{}: {}", op_case.name, worst));
  }
}

}  // namespace

TEST_CASE("ops between values of 8 bits are within a step of the grid, in every layout") {
  for (const Layout layout : {Layout::plain, Layout::channels_last}) {
    Found found;
    const auto device = std::make_shared<const InLayout>(layout);
    for (const OpCase& op_case : load_op_cases()) {
      if (!is_of_floats(op_case)) continue;
      std::map<std::string, double> steps;
      Graph graph = between(op_case, grid_for, grid_for);
      for (const NodeId id : graph.live_ids()) {
        const Node& node = graph.node(id);
        if (node.as<Conv>() != nullptr || node.as<Dense>() != nullptr)
          set_grid_weights(graph, id, on_grid(*graph.param(node, Slot::weight)));
      }
      const auto step = [&](const std::string& name) { return grid_for(op_case.expected.at(name)).scale; };
      compare(graph, op_case, device, 1.01, step, found);
    }
    INFO(name_of(layout));
    CHECK_MESSAGE(found.failures.empty(), fmt::format("{}", fmt::join(found.failures, "\n")));
    CHECK(found.computed.size() > 150);
  }
}

TEST_CASE("ops between values of 16 bits are within their rounding, in every layout") {
  constexpr double tolerance = 2e-2;  // two and a half roundings of 8 bits of mantissa
  for (const Layout layout : {Layout::plain, Layout::channels_last}) {
    Found found;
    const auto device =
        std::make_shared<const InLayout>(layout, cpu::Options{.threads = 1, .precision = Precision::bf16});
    for (const OpCase& op_case : load_op_cases()) {
      if (!is_of_floats(op_case)) continue;
      const auto same = [](const Tensor&) { return Activation{ActivationKind::linear, 1, 0}; };
      const auto size = [&](const std::string&) { return op_case.magnitude; };
      compare(between(op_case, same, same), op_case, device, tolerance, size, found);
    }
    if (layout == Layout::channels_last) {
      for (const char* own : {"loop:bf16 mean", "loop:bf16 max_pool"}) CHECK_MESSAGE(found.ran.contains(own), own);
    }
    INFO(name_of(layout));
    CHECK_MESSAGE(found.failures.empty(), fmt::format("{}", fmt::join(found.failures, "\n")));
    CHECK(found.computed.size() > 150);
  }
}
