// In what width numbers are stored and multiplied.
#pragma once

#include <string_view>

#include "banoff/export.h"

namespace banoff {

/// In what width a device stores values and multiplies; sums are always of 32 bits.
enum class Precision {
  fp32,  ///< 32 bits, multiplied exactly
  tf32,  ///< 32 bits, the factors of convolutions rounded to 11 bits of mantissa
  fp16,  ///< IEEE half
  bf16,  ///< 16 bits with the exponent of 32
  int8,  ///< integers of 8 bits, where the network is on grids (docs/quantisation.md); of the cpu device
};
[[nodiscard]] BANOFF_API std::string_view name_of(Precision precision) noexcept;
/// The precision called `name`; throws usage for any other word.
[[nodiscard]] BANOFF_API Precision precision_named(std::string_view name);

}  // namespace banoff
