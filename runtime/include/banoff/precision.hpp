// In what width numbers are stored and multiplied.
#pragma once

#include <string_view>

#include "banoff/export.h"

namespace banoff {

/// In what width a device stores values and multiplies; sums are always of 32 bits. The cpu device has fp32, bf16 and
/// int8, a GPU all but int8.
enum class Precision {
  fp32,  ///< 32 bits, multiplied exactly
  tf32,  ///< 32 bits, the factors of convolutions rounded to 11 bits of mantissa
  fp16,  ///< IEEE half
  bf16,  ///< 16 bits with the exponent of 32
  int8,  ///< 8 bits on grids, which a network that has none is put on when it is compiled (docs/quantisation.md)
};
[[nodiscard]] BANOFF_API std::string_view name_of(Precision precision) noexcept;
/// The precision called `name`; throws usage for any other word.
[[nodiscard]] BANOFF_API Precision precision_named(std::string_view name);

}  // namespace banoff
