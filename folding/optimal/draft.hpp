// What a choice would make of the network, to ask what running it takes before any weight is rewritten.
#pragma once

#include "folding/optimal/choice.hpp"

namespace banoff::gauge {

/// The network without the norms that the choice removes, its activations and its padding as the choice makes them.
/// Layers keep the weights that they have: other numbers in the same places take the same time.
[[nodiscard]] Graph draft(const Choice& choice);

}  // namespace banoff::gauge
