// Making a network file that shows a fault smaller.
#pragma once

#include <functional>

#include "tests/networks/random_network.hpp"

namespace banoff::test {

/// A network that still fails of which no output and no node can be left out: outputs are dropped or moved to what
/// feeds them, nodes bypassed.
[[nodiscard]] RandomNetwork shrink_network(RandomNetwork network,
                                           const std::function<bool(const RandomNetwork&)>& fails);

}  // namespace banoff::test
