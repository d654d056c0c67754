#include "runtime/compress/quantize/ties.hpp"

#include <cmath>

namespace banoff::quantize {

const FakeQuantize* rounded_to(const Graph& graph, const Readers& readers, const Places& places, const Grids& grids,
                               NodeId layer) {
  ValueId value = graph.node(layer).outputs[0];
  while (!places.put[index(value)]) {
    const NodeId reader = readers.only(value);
    if (reader == none) return nullptr;
    const auto* activation = graph.node(reader).as<Activation>();
    if (activation == nullptr) return nullptr;
    if (activation->kind != ActivationKind::relu && activation->kind != ActivationKind::clip) return nullptr;
    value = graph.node(reader).outputs[0];
  }
  return &*grids[index(value)];
}

float step_off_ties(float step, double input_scale, double output_scale) {
  constexpr double most_larger = 1.005;
  const double ratio = static_cast<double>(step) * input_scale / output_scale;
  // Of smaller ones no sum of 32 bits comes far enough for more than a few borders.
  if (!(ratio > 0x1p-24) || !std::isfinite(ratio)) return step;
  double q = std::max(1.0, std::floor(1 / ratio));
  if (std::fmod(q, 2) == 0) q -= 1;
  double p = std::ceil(ratio * q);
  for (; p > most_larger * ratio * q; p = std::ceil(ratio * q)) q += 2;
  return static_cast<float>(p / q * output_scale / input_scale);
}

}  // namespace banoff::quantize
