#include "kernels/cuda/engines.hpp"

#include <algorithm>
#include <array>

#include "kernels/cuda/numerics.hpp"

namespace banoff::cuda {

namespace {

bool is_engine_precise(const Descriptor& engine, gpu::Math math) {
  std::array<cudnnBackendNumericalNote_t, CUDNN_NUMERICAL_NOTE_TYPE_COUNT> notes{};
  const std::int64_t count =
      engine.get(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE, CUDNN_TYPE_NUMERICAL_NOTE, notes.size(), notes.data());
  const auto given = std::min(notes.size(), static_cast<std::size_t>(count));
  return is_precise(std::span<const cudnnBackendNumericalNote_t>(notes).first(given), math);
}

std::string name_of(const Descriptor& config, const Descriptor& engine) {
  std::vector<std::pair<int, std::int64_t>> knobs;
  for (const Descriptor& knob :
       config.parts(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS)) {
    cudnnBackendKnobType_t type = CUDNN_KNOB_TYPE_COUNTS;
    (void)knob.get(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &type);
    knobs.emplace_back(static_cast<int>(type), knob.number(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
  }
  std::ranges::sort(knobs);
  std::string name = fmt::format("engine{}", engine.number(CUDNN_ATTR_ENGINE_GLOBAL_INDEX));
  const char* before = ":";
  for (const auto& [type, value] : knobs) {
    name += fmt::format("{}{}={}", before, type, value);
    before = ",";
  }
  return name;
}

}  // namespace

std::vector<EngineConfig> engine_configs(const Descriptor& graph, cudnnBackendHeurMode_t mode, gpu::Math math) {
  constexpr std::size_t most = 32;  // proposals; heuristics give one to two dozen
  Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
      .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode)
      .finalize();
  std::vector<EngineConfig> found;
  // Each keeps the heuristics, and they their graph, which configurations refer to.
  for (const Descriptor& config :
       heuristics.parts(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, most)) {
    const auto engines = config.parts(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
    if (engines.empty() || !is_engine_precise(engines[0], math)) continue;
    found.push_back({name_of(config, engines[0]), config});
  }
  return found;
}

}  // namespace banoff::cuda
