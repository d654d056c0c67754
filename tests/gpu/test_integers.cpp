// Integers of every type on the gpu device, by the functions that a GPU's threads run, against the reference.
#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include "kernels/gpu/gpu.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/dtype.hpp"
#include "tests/gpu/host_backend.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"

using namespace banoff;

namespace {

/// The extremes of a type and numbers between them.
template <class T>
Tensor extremes(bool turned) {
  constexpr T least = std::numeric_limits<T>::min(), most = std::numeric_limits<T>::max();
  std::vector<T> values{least, most, 0, 1, 7, 100, static_cast<T>(most / 2 + 1), static_cast<T>(-3)};
  if (turned) std::rotate(values.begin(), values.begin() + 3, values.end());
  return Tensor::of<T>({8}, values);
}

/// A network of one node, and what the reference makes of it.
test::OpCase made(const std::string& name, Op op, const std::vector<Tensor>& inputs) {
  test::OpCase result;
  result.name = name;
  Graph& graph = result.graph;
  Node node;
  node.name = "node";
  node.op = std::move(op);
  for (const Tensor& tensor : inputs) {
    const std::string input = fmt::format("in{}", node.inputs.size());
    node.inputs.push_back(graph.add_input(input, tensor.dtype(), {{tensor.shape()[0], "", false}}));
    result.inputs[input] = tensor;
  }
  const NodeId id = graph.add_node(std::move(node), 1);
  graph.add_output("out0", graph.node(id).outputs[0]);
  result.expected = reference::outputs<double>(graph, result.inputs);
  return result;
}

template <class T>
void add_cases(std::vector<test::OpCase>& cases) {
  const std::string type(name_of(dtype_of<T>));
  const Tensor a = extremes<T>(false), b = extremes<T>(true);
  for (const BinaryKind kind : {BinaryKind::add, BinaryKind::sub, BinaryKind::mul, BinaryKind::div})
    cases.push_back(made(fmt::format("{} binary {}", type, static_cast<int>(kind)), Binary{kind}, {a, b}));
  for (const PairKind kind : {PairKind::max, PairKind::min, PairKind::mod, PairKind::fmod})
    cases.push_back(made(fmt::format("{} pair {}", type, static_cast<int>(kind)), Pair{kind}, {a, b}));
  for (const CompareKind kind : {CompareKind::equal, CompareKind::less, CompareKind::less_equal})
    cases.push_back(made(fmt::format("{} compare {}", type, static_cast<int>(kind)), Compare{kind}, {a, b}));
  for (const UnaryKind kind : {UnaryKind::abs, UnaryKind::neg, UnaryKind::sign})
    cases.push_back(made(fmt::format("{} unary {}", type, static_cast<int>(kind)), Unary{kind}, {a}));
  const Tensor reals = Tensor::of<float>({6}, {-1e20F, -1.5F, 0.0F, 2.9F, 300.0F, 1e20F});
  cases.push_back(made("f32 to " + type, Cast{dtype_of<T>}, {reals}));
  for (std::size_t i = 0; i < dtype_count; ++i) {
    const auto to = static_cast<DType>(i);
    if (!is_float(to)) cases.push_back(made(fmt::format("{} to {}", type, name_of(to)), Cast{to}, {a}));
  }
}

}  // namespace

TEST_CASE("integers of every type wrap, order and convert on the gpu device as on the reference") {
  std::vector<test::OpCase> cases;
  add_cases<std::int64_t>(cases), add_cases<std::int32_t>(cases), add_cases<std::int16_t>(cases);
  add_cases<std::int8_t>(cases), add_cases<std::uint64_t>(cases), add_cases<std::uint32_t>(cases);
  add_cases<std::uint16_t>(cases), add_cases<std::uint8_t>(cases);
  std::shared_ptr<const Device> device =
      gpu::device(std::make_shared<test::HostBackend>(test::HostOptions{}), {Precision::fp32, 4096, {}, true});
  const test::DeviceReport report = test::check_device(*test::staged(device), cases, 0);
  CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
  CHECK(report.uncovered(cases) == std::vector<std::string>{});
}
