// One own way to compute a convolution against the float64 reference, whatever the device would take.
#pragma once

#include "instruction_sets.hpp"
#include "kernels/cpu/linear.hpp"
#include "region_check.hpp"

namespace banoff::test {

/// What follows a convolution in networks: nothing, an activation, a sum, a sum and an activation, values by channel.
inline ValueId followed_by(Net& net, ValueId y, int tail) {
  const auto activation = [&](ActivationKind kind, double alpha = 0, double beta = 0) {
    return net.add("act", Activation{kind, alpha, beta}, {y});
  };
  const auto sum = [&] {
    const Shape shape = infer_types(net.graph)[static_cast<std::size_t>(y)].shape;
    return net.add("sum", Binary{BinaryKind::add}, {y, net.input("skip", shape)});
  };
  switch (tail) {
    case 0: return y;
    case 1: return activation(ActivationKind::relu);
    case 2: return activation(ActivationKind::clip, -0.25, 6);
    case 3: return activation(ActivationKind::silu);
    case 4: return activation(ActivationKind::hard_swish);
    case 5: return activation(ActivationKind::sigmoid);
    case 6: return activation(ActivationKind::hard_sigmoid, 1.0 / 6, 0.5);
    case 7: return activation(ActivationKind::leaky_relu, 0.1);
    case 8: return sum();
    case 9: y = sum(); return activation(ActivationKind::silu);
    case 10: return net.add("clamp", Clamp{}, {y});
    default: y = activation(ActivationKind::silu); return net.add("norm", BatchNorm{}, {y});
  }
}
inline constexpr int tails = 12;

using Way = Offer (*)(const cpu::Machine&, const Region&);

/// One way in one pair of layouts against the reference.
inline void check_way(const Device& device, const cpu::Machine& machine, Way way, Net& net, Layout from, Layout to) {
  CAPTURE(name_of(machine.isa));
  CAPTURE(name_of(from));
  CAPTURE(name_of(to));
  const auto types = infer_types(net.graph);
  Layouts layouts{std::vector<Layout>(net.graph.inputs.size(), to), {to}};
  layouts.inputs[0] = from;
  const Region region = region_of(net.graph, types, layouts);
  const auto kernel = make_kernel(way(machine, region));
  const auto expected = reference::run<double>(net.graph, net.inputs,
                                               [&](ValueId v) { return std::ranges::count(region.outputs, v) > 0; });
  const auto got = run(device, *kernel, region, net.inputs);
  CHECK(distance(got[0], expected.at(region.outputs[0]).to_vector<double>()) < 3e-6);
}

/// Why a way does not take a net of one layer; empty where it does.
inline std::string refusal_of(Way way, const Net& net, Layout from, Layout to, cpu::Isa isa) {
  const auto types = infer_types(net.graph);
  const Region region = region_of(net.graph, types, {{from}, {to}});
  const auto offer = attempt<Offers>([&] { return std::vector<Offer>{way(cpu::Machine{1, isa}, region)}; });
  const auto* refused = std::get_if<Refusal>(&offer);
  return refused == nullptr ? "" : refused->reason;
}

}  // namespace banoff::test
