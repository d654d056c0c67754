// One random network from file to answer, folded in every way and written again: what must hold.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "tests/networks/random_network.hpp"

namespace banoff::test {

/// Sums over networks, for a summary and so that a drifting generator is noticed.
struct NetworkTally {
  std::size_t networks = 0, norms = 0;
  std::map<std::string, std::size_t> folded;  ///< by method
  std::map<std::string, double> worst;        ///< error by what was compared, as a share of its bound
};

struct NetworkFault {
  std::string kind;  ///< the same for the same fault, whatever the network
  std::string details;
};

/// Loads the network, folds it by every method, runs it in float64 and on the cpu, writes and reads it again. Nothing
/// if all is well. What is left in `folder`: network.onnx, unfolded.onnx and METHOD.onnx, in.NAME.npy and out.NAME.npy
/// (the network's answer in float64).
[[nodiscard]] std::optional<NetworkFault> check_network(const RandomNetwork& network,
                                                        const std::filesystem::path& folder,
                                                        NetworkTally* tally = nullptr);

}  // namespace banoff::test
