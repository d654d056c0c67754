// What inputs make of the values of a network.
#pragma once

#include <cstdint>

#include "runtime/compress/quantize/walk.hpp"

namespace banoff::quantize {

struct Observed {
  double low = 0, high = 0;
  std::vector<double> mean, var;   ///< by channel
  std::vector<double> first_mean;  ///< of the first part alone: as many sets as memory holds at once
  std::vector<float> some;         ///< numbers from all over it
};

/// By ValueId; empty means for values that are no floats. `sets` go through the network in parts that memory holds.
/// `results` gets by set the values `ends`.
[[nodiscard]] std::vector<Observed> observe(const Graph& graph, const std::vector<Inputs>& sets, std::size_t at_once,
                                            const std::vector<ValueId>& ends, const ComputeNode& compute,
                                            std::vector<Values>& results);

/// Takes the values `ends` out of what a walk sees: results[set][end].
void keep_ends(const std::vector<ValueId>& ends, ValueId id, const Values& values, std::vector<Values>& results);

/// The outputs of the network; in place of those that something made which no small error passes as one (a softmax, a
/// choice of boxes) what went into that.
[[nodiscard]] std::vector<ValueId> ends_of(const Graph& graph, const std::vector<TensorType>& types);

/// What is known of an input without pictures.
struct KnownInput {
  std::vector<double> mean, var;  ///< by channel, or one for all
  double low = 0, high = 0;
  std::vector<float> levels = {};  ///< all numbers that it consists of, where they are few
  /// Of pixels that were normalised, by channel (one for all): pixel = scale x + shift. Empty where channels are not
  /// apart.
  std::vector<double> pixel_scale = {}, pixel_shift = {};
};
using KnownInputs = std::map<std::string, KnownInput>;

/// Inputs drawn from a seeded normal distribution of these types: one of the mean and variance that are known, within
/// the range; of integers pixels.
[[nodiscard]] std::vector<Inputs> random_inputs(const Graph& graph, const std::vector<TensorType>& types,
                                                const KnownInputs& known, std::size_t count, std::uint64_t seed);

}  // namespace banoff::quantize
