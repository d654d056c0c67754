// Networks on a GPU; skipped unless BANOFF_TEST_GPU is set. BANOFF_TEST_NETWORK names one of the zoo. Every op by
// itself: tests/gpu/check.
#include <doctest/doctest.h>

#include <fmt/format.h>

#include "kernels/cuda/cuda.hpp"
#include "kernels/gpu/gpu.hpp"
#include "runtime/session/contents.hpp"
#include "tests/gpu/detections.hpp"
#include "tests/source_dir.hpp"

using namespace banoff;

namespace {

struct Bound {
  Precision precision;
  double of_networks;
};
constexpr std::array<Bound, 4> bounds{
    {{Precision::fp32, 1e-4}, {Precision::tf32, 5e-3}, {Precision::fp16, 1e-2}, {Precision::bf16, 8e-2}}};

bool asked_for() {
  if (std::getenv("BANOFF_TEST_GPU") != nullptr) return true;
  MESSAGE("skipped: BANOFF_TEST_GPU is not set");
  return false;
}

std::shared_ptr<const Device> device(Precision precision) {
  gpu::Options options;
  options.precision = precision;
  return gpu::device(cuda::backend(), options);
}

double worst_of(const std::vector<OutputError>& errors) {
  double worst = 0;
  for (const OutputError& error : errors) worst = std::max(worst, error.max_relative_error);
  return worst;
}

/// The largest error of what can be compared by position; boxes are held to their match, and what follows them is left
/// out, being in their order.
double error_of(const Tensors& expected, const Tensors& actual, const test::OutputKinds& kinds, const Bound& bound,
                const std::string& label) {
  constexpr double few = 0.05;  // boxes at the edge of a threshold
  Tensors want, have;
  for (const auto& entry : expected) {
    const std::string& name = entry.first;
    const Tensor& tensor = entry.second;
    if (kinds.boxes.contains(name)) {
      const double unmatched = test::unmatched_boxes(tensor, actual.at(name), 10 * bound.of_networks);
      CHECK_MESSAGE(unmatched <= few, fmt::format("{}: {:.0f} % of the boxes of {}", label, 100 * unmatched, name));
    } else if (!kinds.behind.contains(name)) {
      want.emplace(name, tensor);
      have.emplace(name, actual.at(name));
    }
  }
  return worst_of(compare(want, have));
}

/// Networks with made-up weights, small enough for the reference to be run in doubles where they are.
std::vector<std::string> networks() {
  if (const char* one = std::getenv("BANOFF_TEST_NETWORK")) return {one};
  return {"resnet18", "mobilenet_v2", "efficientnet_b0", "shufflenet_v2_x1_0", "densenet121", "unet_resnet34"};
}

}  // namespace

TEST_CASE("a GPU gives the cpu device's answers for networks of the zoo") {
  if (!asked_for()) return;
  for (const std::string& name : networks()) {
    LoadOptions load;
    load.random_seed = 0;
    const Model read = Model::load(test::source_dir() / "configs/models" / (name + ".yaml"), load);
    const auto kinds = test::output_kinds(read.contents().graph);
    const Model model = kinds.before.empty() ? read : read.with_outputs(kinds.before);
    const Tensors inputs = model.random_inputs(1);
    const Tensors expected = Session(CompiledModel::compile(model)).run(inputs);
    for (const Method method : {Method::none, Method::optimal}) {
      FoldOptions fold;
      fold.method = method;
      fold.self_check = false;
      const Model folded = method == Method::none ? model : model.fold(fold).first;
      for (const Bound& bound : bounds) {
        const std::string label = fmt::format("{} {} {}", name, name_of(method), name_of(bound.precision));
        try {
          Session session(compile_on(folded, device(bound.precision)));
          (void)session.run(inputs);
          const double recorded = error_of(expected, session.run(inputs), kinds, bound, label);
          CHECK_MESSAGE(recorded < bound.of_networks, fmt::format("{}: {}", label, recorded));
          MESSAGE(fmt::format("{}: {:.2g}", label, recorded));
        } catch (const Error& error) {
          // Boxes need 32 bits; every other network has to run in every precision.
          const bool boxes = std::string_view(error.what()).find("boxes need values of 32 bits") != std::string::npos;
          CHECK_MESSAGE(boxes, fmt::format("{}: {}", label, error.what()));
        }
      }
    }
  }
}
