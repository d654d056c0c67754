// Folding as its users see it: what to do, and what was done to every batch norm.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "banoff/export.h"

namespace banoff {

enum class Method : std::uint8_t { none, naive, banoff };
[[nodiscard]] BANOFF_API std::string_view name_of(Method method) noexcept;
[[nodiscard]] BANOFF_API Method method_named(std::string_view name);  ///< throws usage for an unknown word

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
  Method method = Method::banoff;
  /// Folds whose inverse would scale any weight by more than this are refused: rounding errors may grow as much, and
  /// float32 keeps about 7 digits.
  double max_amplification = 1e3;
  /// Check every fold in float64 on the part of the graph that it touched; roll back what does not hold.
  bool self_check = true;
  double tolerance = 1e-9;  ///< relative, of the float64 self-check
};

/// What became of one batch norm.
struct FoldedNorm {
  std::string name;
  std::string where;  ///< file:line
  bool folded = false;
  std::vector<std::string> into;     ///< nodes that took the scale and shift (the paper's I)
  std::vector<std::string> inverse;  ///< nodes that took the inverse (the paper's O)
  Blocker blocker = Blocker::none;
  std::string reason;   ///< one sentence for people
  std::string witness;  ///< the node that blocks it, if there is one
};

struct BANOFF_API FoldReport {
  Method method = Method::none;
  std::vector<FoldedNorm> norms;  ///< in graph order
  std::int64_t parameters_before = 0, parameters_after = 0;
  std::int64_t trainable_before = 0, trainable_after = 0;
  double removed_percent_paper = 0;  ///< 100 x 2 x folded BN channels / trainable parameters, as the paper counts
  double max_relative_error = 0;     ///< worst float64 self-check
  [[nodiscard]] std::size_t folded() const;
};

}  // namespace banoff
