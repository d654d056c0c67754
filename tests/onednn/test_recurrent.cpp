// The CPU's recurrent layers on every instruction set, beside the float64 reference.
#include <limits>

#include "kernels/cpu/linear.hpp"
#include "tests/onednn/instruction_sets.hpp"
#include "tests/onednn/region_check.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

struct Size {
  std::int64_t time, batch, hidden;
};

/// The layer of so many cells alone, with inputs for what `op` asks for.
Net net_of(Recurrent op, const Size& size) {
  Net net;
  op.hidden = size.hidden;
  net.weight_deviation = 0.7F / std::sqrt(static_cast<float>(size.hidden));
  std::vector<ValueId> inputs{net.input("gates", {size.time, size.batch, op.directions() * op.gates() * size.hidden})};
  const Shape state{op.directions(), size.batch, size.hidden};
  if (op.initial) inputs.push_back(net.input("h", state));
  if (op.initial && op.kind == CellKind::lstm) inputs.push_back(net.input("c", state));
  net.graph.add_output("y", net.add("layer", op, inputs));
  return net;
}

void check(const Recurrent& op, const Size& size) {
  CAPTURE(row_of(Op(op)).name);
  CAPTURE(size.hidden);
  CAPTURE(size.batch);
  Net net = net_of(op, size);
  const auto device = cpu::device({.threads = 2});
  const auto types = infer_types(net.graph);
  const Layouts plain{std::vector<Layout>(net.graph.inputs.size(), Layout::plain),
                      std::vector<Layout>(net.graph.nodes[0].outputs.size(), Layout::plain)};
  const Region region = region_of(net.graph, types, plain);
  const auto expected = reference::run<double>(net.graph, net.inputs, [](ValueId) { return true; });
  for (const cpu::Isa isa : instruction_sets()) {
    CAPTURE(name_of(isa));
    const cpu::Machine machine{2, isa};
    const auto got = run(*device, *make_kernel(cpu::recurrent(machine, region)), region, net.inputs);
    for (std::size_t i = 0; i < got.size(); ++i)
      CHECK(distance(got[i], expected.at(region.outputs[i]).to_vector<double>()) < 3e-6);
  }
}

Recurrent cells(CellKind kind, Direction direction = Direction::forward) {
  Recurrent op;
  op.kind = kind, op.direction = direction;
  return op;
}
constexpr std::array kinds{CellKind::rnn, CellKind::gru, CellKind::lstm};

}  // namespace

TEST_CASE("cells of any number, in whole vectors and with a rest, of one sequence and of several") {
  for (const CellKind kind : kinds) {
    for (const std::int64_t hidden : {1, 7, 8, 15, 16, 17, 33, 64, 70}) {
      check(cells(kind), {5, 1, hidden});
      check(cells(kind, Direction::bidirectional), {3, 2 + hidden % 3, hidden});
    }
  }
}

TEST_CASE("every form of the cells") {
  const Size size{6, 3, 21};
  for (const CellKind kind : kinds) {
    Recurrent op = cells(kind, Direction::reverse);
    op.initial = true;
    check(op, size);
    op.clip = 0.5;
    check(op, size);
    op.functions.assign(op.functions_each(), CellFunction::softsign);
    check(op, size);
  }
  Recurrent gru = cells(CellKind::gru, Direction::bidirectional);
  gru.reset_after = true;
  check(gru, size);
  gru.bias = true;
  check(gru, size);
  Recurrent lstm = cells(CellKind::lstm, Direction::bidirectional);
  lstm.peephole = true;
  check(lstm, size);
  lstm.coupled = true, lstm.clip = 0.8, lstm.initial = true;
  check(lstm, size);
}

TEST_CASE("so many cells that two threads share each step") { check(cells(CellKind::lstm), {2, 1, 520}); }

TEST_CASE("a NaN in a step stays in the states from there on, and in no other sequence") {
  for (const CellKind kind : kinds) {
    Net net = net_of(cells(kind), {3, 2, 9});
    const Tensor& drawn = net.inputs.at("gates");
    std::vector<float> gates = drawn.to_vector<float>();
    const auto per_step = gates.size() / 3;
    std::fill_n(gates.begin() + static_cast<std::ptrdiff_t>(per_step), per_step / 2,
                std::numeric_limits<float>::quiet_NaN());
    net.inputs.at("gates") = Tensor::of<float>(drawn.shape(), std::move(gates));
    const auto device = cpu::device({.threads = 1});
    const auto types = infer_types(net.graph);
    const std::vector<Layout> outputs(net.graph.nodes[0].outputs.size(), Layout::plain);
    const Region region = region_of(net.graph, types, {{Layout::plain}, outputs});
    for (const cpu::Isa isa : instruction_sets()) {
      const cpu::Machine machine{1, isa};
      const auto y = run(*device, *make_kernel(cpu::recurrent(machine, region)), region, net.inputs)[0];
      for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i >= 18 && i / 9 % 2 == 0));
    }
  }
}

TEST_CASE("a recurrent layer is computed in plain layout, and nothing joins it") {
  Net net = net_of(cells(CellKind::rnn), {3, 2, 4});
  const auto types = infer_types(net.graph);
  const cpu::Machine machine{1, cpu::Isa::avx2};
  const auto refusal = [&](Layout in, Layout out) {
    const Region region = region_of(net.graph, types, {{in}, {out, Layout::plain}});
    const auto offer = attempt<Offers>([&] { return std::vector<Offer>{cpu::recurrent(machine, region)}; });
    const auto* refused = std::get_if<Refusal>(&offer);
    return refused == nullptr ? "" : refused->reason;
  };
  CHECK(refusal(Layout::plain, Layout::plain).empty());
  CHECK(refusal(Layout::channels_last, Layout::plain) == "a recurrent layer in a layout other than plain");
  CHECK(refusal(Layout::plain, Layout::channels_last) == "a recurrent layer in a layout other than plain");
}
