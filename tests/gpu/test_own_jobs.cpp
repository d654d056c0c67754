// The borders of the device's own kernels that are made for some shapes alone: sizes at which one begins and ends.
#include <doctest/doctest.h>

#include <fmt/ranges.h>

#include "kernels/gpu/jobs/divisor.hpp"
#include "tests/gpu/small_networks.hpp"
#include "tests/gpu/staged_device.hpp"
#include "tests/op_cases/check_device.hpp"
#include "tests/support/graph_builder.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

using Names = std::vector<std::string>;

constexpr std::array<std::pair<Precision, double>, 4> precisions{
    {{Precision::fp32, 5e-6}, {Precision::tf32, 5e-6}, {Precision::fp16, 1e-2}, {Precision::bf16, 5e-2}}};

/// A network of one node as a case of the table, by the reference in double.
OpCase case_of(const std::string& name, const Graph& graph) {
  OpCase result{name, graph, model_of(graph).random_inputs(1), {}, 1};
  result.expected = reference::outputs<double>(graph, result.inputs);
  for (const auto& [output, tensor] : result.expected)
    for (const double value : tensor.to_vector<double>())
      result.magnitude = std::max(result.magnitude, std::abs(value));
  return result;
}

/// In every layout and by every offer; each of the kernels named has to be among them in 32 bits.
void check(const std::vector<OpCase>& cases, const Names& kernels) {
  for (const auto& each : precisions) {
    const Precision precision = each.first;
    const std::shared_ptr<const Device> device =
        gpu::device(std::make_shared<const HostBackend>(), {precision, 4096, {}, true, true});
    const auto report = check_device(*staged(device), cases, each.second);
    CAPTURE(std::string(name_of(precision)));
    CHECK_MESSAGE(report.failures.empty(), fmt::format("{}", fmt::join(report.failures, "\n")));
    CHECK(report.computed.size() == cases.size());
    for (const std::string& kernel : kernels) CHECK_MESSAGE(report.implementations.contains(kernel), kernel);
  }
}

OpCase pooled(const Shape& shape, const Op& op) {
  GraphBuilder net;
  net.output(net.add(op, {net.input(shape, "in0")}), "out0");
  std::string name = std::string(row_of(op).name);
  for (const std::int64_t size : shape) name += fmt::format("_{}", size);
  return case_of(name, net.graph);
}

}  // namespace

TEST_CASE("a divisor divides as an integer does") {
  const std::vector<int> by{1,
                            2,
                            3,
                            5,
                            7,
                            12,
                            112,
                            255,
                            256,
                            257,
                            1000003,
                            (1 << 30) - 1,
                            1 << 30,
                            (1 << 30) + 1,
                            std::numeric_limits<int>::max()};
  for (const int divisor : by) {
    const gpu::Divisor fast(divisor);
    std::vector<std::int64_t> values{0, 1, 2, 1 << 16, std::numeric_limits<int>::max()};
    for (const std::int64_t times : {1, 2, 3, 1000, 46341})
      for (const std::int64_t off : {-1, 0, 1}) values.push_back(times * divisor + off);
    for (const std::int64_t value : values) {
      if (value > std::numeric_limits<int>::max()) continue;
      int n = static_cast<int>(value);
      const int rest = fast.divide(n);
      CHECK(n == static_cast<int>(value) / divisor);
      CHECK(rest == static_cast<int>(value) % divisor);
    }
  }
}

TEST_CASE("a sum over pixels is shared out over blocks, whatever is left of the last share") {
  std::vector<OpCase> cases;
  Reduce over_rows;
  over_rows.axes = {1};
  for (const ReduceKind kind : {ReduceKind::mean, ReduceKind::sum, ReduceKind::max, ReduceKind::min}) {
    over_rows.kind = kind;
    cases.push_back(pooled({2, 1031, 16}, over_rows));  // two dimensions of a plain value
  }
  GlobalPool largest;
  largest.kind = PoolKind::max;
  for (const Op& op : {Op{GlobalPool{}}, Op{largest}}) {
    for (const std::int64_t channels : {8, 16, 40, 12, 3}) {  // whole packs, of four elements only, and none
      cases.push_back(pooled({1, channels, 47, 43}, op));     // several shares
      cases.push_back(pooled({3, channels, 5, 3}, op));
      cases.push_back(pooled({2, channels, 1, 1}, op));
    }
  }
  check(cases, {"mean", "sum", "max", "min"});
}

TEST_CASE("the mean of a large image is two kernels' work, of a small one's one") {
  const auto jobs_of = [](const Shape& shape) {
    GraphBuilder net;
    net.output(net.add(GlobalPool{}, {net.relu(net.conv(net.input(shape), 32, 1))}));
    const auto backend = std::make_shared<const HostBackend>();
    const auto compiled =
        compile_on(model_of(net.graph), gpu::device(backend, {Precision::fp16, 4096, {}, false, false}));
    Session session(compiled);
    const Tensors inputs = model_of(net.graph).random_inputs(1);
    (void)session.run(inputs);
    const int before = backend->counters().jobs;
    (void)session.run(inputs);
    return backend->counters().jobs - before;
  };
  CHECK(jobs_of({1, 32, 56, 56}) == jobs_of({1, 32, 5, 5}) + 1);
}

TEST_CASE("concatenations and splits go by rows of whole units") {
  std::vector<OpCase> cases;
  const auto joined = [&](const std::vector<Shape>& shapes, std::int64_t axis) {
    GraphBuilder net;
    std::vector<ValueId> values;
    for (const Shape& shape : shapes) values.push_back(net.input(shape, fmt::format("in{}", values.size())));
    net.output(net.concat(values, axis), "out0");
    cases.push_back(case_of(fmt::format("concat_{}", cases.size()), net.graph));
  };
  joined({{2, 16, 3, 5}, {2, 32, 3, 5}, {2, 8, 3, 5}}, 1);
  joined({{2, 3, 4, 5}, {2, 5, 4, 5}}, 1);  // no two elements together
  joined({{2, 3, 4}, {2, 3, 5}}, 2);
  joined({{1, 6}, {1, 6}, {3, 6}}, 0);
  joined(std::vector<Shape>(9, Shape{2, 4, 3, 3}), 1);   // one more than a job takes
  joined(std::vector<Shape>(17, Shape{1, 8, 2, 2}), 1);  // two jobs full, and one
  for (const std::int64_t parts : {2, 8, 9}) {
    Split split;
    split.sizes.assign(static_cast<std::size_t>(parts), 8);
    split.sizes.back() = 3;
    GraphBuilder net;
    const ValueId first = net.add(split, {net.input({2, 8 * parts - 5, 3, 2}, "in0")});
    for (std::int64_t i = 0; i < parts; ++i) net.output(first + static_cast<ValueId>(i), fmt::format("out{}", i));
    cases.push_back(case_of(fmt::format("split_{}", parts), net.graph));
  }
  check(cases, {"slices", "move"});
}

TEST_CASE("depthwise convolutions have a tile for each of the usual windows") {
  std::vector<OpCase> cases;
  for (const std::int64_t kernel : {3, 5}) {
    for (const std::int64_t stride : {1, 2}) {
      for (const Shape& shape : {Shape{2, 16, 9, 7}, Shape{1, 8, 1, 1}, Shape{1, 24, 2, 11}}) {
        for (const bool values : {false, true}) {
          Conv conv;
          conv.out = conv.groups = shape[1];
          conv.kernel = kernel, conv.stride = stride, conv.bias = values, conv.pad_value = values;
          conv.padding.begin = Spatial(kernel / 2), conv.padding.end = Spatial(kernel / 2);
          cases.push_back(pooled(shape, conv));
          cases.back().name += fmt::format("_{}_{}_{}", kernel, stride, values);
          conv.padding.begin = Spatial(0), conv.padding.end = Spatial(kernel);  // uneven
          cases.push_back(pooled(shape, conv));
          cases.back().name += fmt::format("_{}_{}_{}_uneven", kernel, stride, values);
        }
      }
    }
  }
  check(cases, {"depthwise_3x3", "depthwise_5x5", "depthwise"});
}

TEST_CASE("threads of large depthwise convolutions make several columns, of which the last may be outside") {
  for (const std::int64_t stride : {1, 2}) {
    GraphBuilder net;
    // 2^17 threads in 32 bits: 64 channels are 16 packs, 131 and 129 no multiples of a strip.
    const ValueId x = net.input({1, 64, 131 * stride, 251 * stride});
    net.output(net.conv(x, 64, 3, stride, 1, 64, true));
    CHECK(kernels_of(net.graph, Precision::fp32) == Names{"depthwise_3x3"});
  }
}

TEST_CASE("what follows a depthwise convolution is done by its tile where it has it") {
  const std::vector<Op> behind{Activation{},
                               Activation{ActivationKind::clip, 0, 6},
                               Activation{ActivationKind::silu},
                               Activation{ActivationKind::hard_swish},
                               Clamp{1, true, true},
                               Clamp{1, false, true},
                               Clamp{1, true, false}};
  for (const Precision precision : {Precision::fp32, Precision::fp16}) {
    for (const Op& op : behind) {
      GraphBuilder net;
      const ValueId y = net.conv(net.input({2, 16, 7, 6}), 16, 5, 1, 2, 16, true);
      net.output(net.add(op, {y}));
      CHECK(fmt::format("{}", fmt::join(kernels_of(net.graph, precision), ", ")) == "depthwise_5x5");
    }
    GraphBuilder other;
    const ValueId x = other.input({1, 16, 6, 6});
    const ValueId y = other.add(Activation{ActivationKind::tanh}, {other.conv(x, 16, 3, 1, 1, 16)});
    other.output(other.sum({y, x}));
    CHECK(kernels_of(other.graph, precision) == Names{"depthwise"});
  }
}
