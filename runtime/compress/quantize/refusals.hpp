// What cannot be quantised.
#pragma once

#include "runtime/compress/quantize/places.hpp"

namespace banoff::quantize {

/// Throws bad_input where something is on a grid already.
void require_floats(const Graph& graph);
/// Throws bad_input where no layer can be on integers.
void require_layers(const Graph& graph, const Places& places);

}  // namespace banoff::quantize
