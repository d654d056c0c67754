// Sums of integers that lie on the border between two numbers of the grid that they are rounded to.
#pragma once

#include "runtime/compress/quantize/grids.hpp"

namespace banoff::quantize {

/// The grid that a layer's result is rounded to, with nothing between but activations that keep or bound values; null
/// where something else is.
[[nodiscard]] const FakeQuantize* rounded_to(const Graph& graph, const Readers& readers, const Places& places,
                                             const Grids& grids, NodeId layer);

/// A layer's integers n stand for n input_scale step, which is rounded to a multiple of output_scale. The least step
/// from `step` on, hardly larger, with which no n lies near a border: input_scale step / output_scale is p / q with an
/// odd q below a few hundred, or next to the reciprocal of the ratio, so that n p / q is 1 / (2 q) at least from k +
/// 1/2. Else the last digit of a float decides there, which is another in every runtime, and what follows grows it to
/// the size of all rounding's noise.
[[nodiscard]] float step_off_ties(float step, double input_scale, double output_scale);

}  // namespace banoff::quantize
