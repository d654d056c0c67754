// Pruning as its users see it: what to take away, and what became of every layer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "banoff/export.h"

namespace banoff {

/// merge: neurons (output channels) of a layer whose weights are near each other become one, by their mean, and what
/// read them reads the one (Yvinec et al., RED, NeurIPS 2021). kmeans: the same for clusters of neurons by k-means.
/// magnitude: the smallest weights become zero; no layer shrinks. All without data.
enum class PruneMethod : std::uint8_t { merge, kmeans, magnitude };
[[nodiscard]] BANOFF_API std::string_view name_of(PruneMethod method) noexcept;
[[nodiscard]] BANOFF_API PruneMethod prune_method_named(std::string_view name);  ///< throws usage for an unknown word

struct PruneOptions {
  PruneMethod method = PruneMethod::merge;
  /// Share of each layer's neurons (magnitude: weights) that goes: above 0, below 1. At least one neuron stays.
  double rate = 0.5;
  /// merge, in place of the rate: neurons go while no two that become one are further apart, relative to how large the
  /// layer's neurons are (docs/pruning.md). At 0 only equal ones, which changes nothing but rounding.
  std::optional<double> distance;
  /// Whether layers that write the same channels (those of a residual stream) shrink together; else they stay.
  bool streams = false;
};

/// What became of one convolution or dense layer.
struct PrunedLayer {
  std::string name, op;
  std::string where;                ///< file:line
  std::int64_t before = 0;          ///< neurons; with magnitude: weights that are not zero
  std::int64_t after = 0;           ///< the same, pruned
  double error = 0;                 ///< relative change of its weights as merged (L2), with the norm behind them
  std::vector<std::string> shared;  ///< other layers that write the same channels
  std::string reason;               ///< why neurons had to stay; empty where all might go
};

struct BANOFF_API PruneReport {
  PruneMethod method = PruneMethod::merge;
  std::vector<PrunedLayer> layers;  ///< in graph order
  std::int64_t parameters_before = 0, parameters_after = 0;
  std::int64_t nonzero_before = 0, nonzero_after = 0;  ///< parameters that are not zero
  std::int64_t flops_before = 0, flops_after = 0;      ///< multiplications and additions counted apart
  [[nodiscard]] std::int64_t removed() const;          ///< neurons (weights) of all layers together
  [[nodiscard]] std::int64_t shrunk() const;           ///< layers of which some went
};

}  // namespace banoff
