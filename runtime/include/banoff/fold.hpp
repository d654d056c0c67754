// Folding as its users see it: what to do, and what was done to every batch norm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "banoff/export.h"

namespace banoff {

/// none; naive: each norm alone into the conv or dense layer next to it; banoff: Theorem 1 of "To Fold or Not to Fold"
/// (IJCAI 2022); optimal: as many as the mathematics allows (docs/folding.md).
enum class Method : std::uint8_t { none, naive, banoff, optimal };
[[nodiscard]] BANOFF_API std::string_view name_of(Method method) noexcept;
[[nodiscard]] BANOFF_API Method method_named(std::string_view name);  ///< throws usage for an unknown word

/// What `optimal` may do to piecewise linear activations. literal: nothing; clamp: give them bounds and kinks per
/// channel; automatic: that, where the network then takes less time on the device it is folded for.
enum class Activations : std::uint8_t { literal, clamp, automatic };
[[nodiscard]] BANOFF_API std::string_view name_of(Activations activations) noexcept;
[[nodiscard]] BANOFF_API Activations activations_named(std::string_view name);  ///< throws usage for an unknown word

/// What `optimal` maximises: the bytes that the removed norms would move at the given shapes, or their number.
enum class Objective : std::uint8_t { bytes, count };
[[nodiscard]] BANOFF_API std::string_view name_of(Objective objective) noexcept;
[[nodiscard]] BANOFF_API Objective objective_named(std::string_view name);  ///< throws usage for an unknown word

/// Why a batch norm stayed.
enum class Blocker : std::uint8_t {
  none,
  activation,      ///< surrounded by non-affine ops on both sides
  branch,          ///< (naive) the stream is read elsewhere
  padding,         ///< a shift would have to cross zero padding
  sign,            ///< a negative scale would have to cross a ReLU or a max-pool
  zero_scale,      ///< gamma is 0 and somebody needs the inverse
  graph_output,    ///< the tensor is an output (or input) of the graph
  unsupported_op,  ///< an op nothing is known of
  product,         ///< a gauge would have to cross a product of two tensors
  conflict,        ///< the scale would come back to the norm itself, or meet another channel's
  amplification,   ///< the inverse would magnify rounding error beyond the limit
  self_check,      ///< the fold was tried and did not reproduce the original: rolled back
};
[[nodiscard]] BANOFF_API std::string_view name_of(Blocker blocker) noexcept;

struct FoldOptions {
  Method method = Method::optimal;
  Activations activations = Activations::automatic;
  Objective objective = Objective::bytes;
  /// Let a shift through zero padding by a padding value per channel, where that saves time in the same way.
  bool borders = true;
  /// How many channels of norms the search may try before it gives up proving its answer the best.
  std::int64_t search_limit = 10'000'000;
  /// Folds whose inverse would scale any weight by more than this are refused: rounding errors may grow as much, and
  /// float32 keeps about 7 digits.
  double max_amplification = 1e3;
  /// Folds under which a value would be stored with an offset that makes it more than this many times as large as what
  /// rounds it in the network as it is are refused (docs/folding.md, "Precision"). In half precision a quarter of it.
  double max_cancellation = 32;
  /// Check every fold in float64 on the part of the graph that it touched; roll back what does not hold.
  bool self_check = true;
  double tolerance = 1e-9;  ///< relative, of the float64 self-check
  int threads = 0;          ///< to check and to write weights on; 0: as many as this process may use
};

/// What became of one batch norm.
struct FoldedNorm {
  std::string name;
  std::string where;  ///< file:line
  bool folded = false;
  bool clamp = false;                ///< folded, and an activation beside it became a clamp or moved its kink
  std::vector<std::string> into;     ///< nodes that took the scale and shift (the paper's I)
  std::vector<std::string> inverse;  ///< nodes that took the inverse (the paper's O)
  Blocker blocker = Blocker::none;
  std::string reason;             ///< one sentence for people
  std::string witness;            ///< the node that blocks it, if there is one
  std::vector<std::string> path;  ///< (optimal) the nodes between it and the witness
};

struct BANOFF_API FoldReport {
  Method method = Method::none;
  std::vector<FoldedNorm> norms;  ///< in graph order
  std::int64_t parameters_before = 0, parameters_after = 0;
  std::int64_t trainable_before = 0, trainable_after = 0;
  double removed_percent_paper = 0;  ///< 100 x 2 x folded BN channels / trainable parameters, as the paper counts
  double max_relative_error = 0;     ///< worst float64 self-check
  std::size_t affine_nodes = 0;      ///< (optimal) other maps per channel: by constants, and in group and layer norms
  std::size_t affine_folded = 0;     ///< those of them that went
  std::size_t folded_literal = 0;    ///< (optimal) how many can go with literal activations
  std::size_t folded_clamp = 0;      ///< (optimal) how many with clamps
  bool proved = false;               ///< (optimal) no other choice removes more, by the objective
  /// Nodes of half precision whose parameters have outgrown it: ONNX files compute them in float32, between casts.
  std::vector<std::string> widened;
  [[nodiscard]] std::size_t folded() const;
  [[nodiscard]] std::size_t folded_with_clamp() const;
};

}  // namespace banoff
