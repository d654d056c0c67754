// A network is folded by the prices of the device that it is folded for.
#include "kernels/cpu/cpu.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/session/contents.hpp"
#include "support.hpp"

using namespace banoff;
using namespace banoff::test;

namespace {

/// A network whose clamps let more batch norms go than literal activations do.
Model espnet() {
  LoadOptions load;
  load.random_seed = 1;
  return Model::load(source / "configs/models/espnet_cityscapes.yaml", load).at({{"image", {1, 3, 64, 64}}});
}

std::pair<Model, FoldReport> fold(const Model& model, Activations activations, const DeviceOptions& device) {
  FoldOptions options;
  options.activations = activations;
  options.borders = false;
  options.self_check = false;
  return model.fold(options, device);
}

}  // namespace

TEST_CASE("on the cpu a network gets the activations with which the planner expects it to take less time") {
  const Model model = espnet();
  for (const int threads : {1, 2}) {
    const DeviceOptions options{.threads = threads};
    const auto device = cpu::device({.threads = threads});
    const auto expected_us = [&](const Model& folded) {
      return planned_us(folded.contents().graph, *device, {folded.contents().bindings});
    };
    const auto [literal, with_literal] = fold(model, Activations::literal, options);
    const auto [clamped, with_clamps] = fold(model, Activations::clamp, options);
    REQUIRE(with_clamps.folded() > with_literal.folded());
    const auto [chosen, report] = fold(model, Activations::automatic, options);
    CHECK(expected_us(chosen) == doctest::Approx(std::min(expected_us(literal), expected_us(clamped))));
    CHECK(report.folded() == (expected_us(clamped) < expected_us(literal) ? with_clamps : with_literal).folded());
  }
}

TEST_CASE("on the reference, to which all networks are equal, activations stay as they are") {
  const auto [folded, report] = fold(espnet(), Activations::automatic, {.name = "reference"});
  CHECK(report.folded_with_clamp() == 0);
  CHECK(report.folded_clamp > report.folded());
}
