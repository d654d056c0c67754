// Random networks as people's exporters write them.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>

namespace banoff::test {

struct RandomNetwork {
  onnx::ModelProto model;
  std::int64_t batch = 1;                   ///< to be run at; symbolic ("N") in the model, or fixed
  double input_mean = 0, input_spread = 1;  ///< of what it expects to be fed
  bool half = false;
};

/// A network of 4 to 16 parts on pictures of 1 to 3 dimensions. Its constants have every rank, gammas both signs, sizes
/// may be computed from the batch, values may be of half precision, weights shared, means large.
[[nodiscard]] RandomNetwork random_network(std::uint64_t seed);

}  // namespace banoff::test
