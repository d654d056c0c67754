// Which values of a planned network a device keeps in fewer bits than their element type has.
#pragma once

#include "kernels/device.hpp"

namespace banoff {

/// Sets `stored` of the values that the device keeps so. A value is on a grid if a fake_quantize put it there, or if it
/// is made of such values by an op that only moves elements (docs/quantisation.md). Inputs and outputs of the network
/// and constants are kept as what they are, and so is what shares their memory.
void store_values(const Graph& graph, std::vector<TensorType>& types, const Device& device);

}  // namespace banoff
