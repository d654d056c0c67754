#include <array>

#include "banoff/precision.hpp"
#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"

namespace banoff {

namespace {
constexpr std::array<std::string_view, 5> names{"fp32", "tf32", "fp16", "bf16", "int8"};
}  // namespace

std::string_view name_of(Precision precision) noexcept { return row_for(names, precision); }

Precision precision_named(std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Precision>(i);
  }
  fail_usage("unknown precision '{}' (fp32, tf32, fp16, bf16 or int8)", name);
}

}  // namespace banoff
