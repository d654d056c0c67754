// The instruction sets that the own kernels are compiled for.
#pragma once

#include <cstdint>
#include <string_view>

namespace banoff::cpu {

enum class Isa : std::uint8_t { avx2, avx512, neon };

[[nodiscard]] constexpr std::string_view name_of(Isa isa) {
  return isa == Isa::avx512 ? "avx512" : isa == Isa::avx2 ? "avx2" : "neon";
}
/// Floats in a vector.
[[nodiscard]] constexpr std::int64_t lanes_of(Isa isa) { return isa == Isa::avx512 ? 16 : isa == Isa::avx2 ? 8 : 4; }
/// Vector registers.
[[nodiscard]] constexpr int registers_of(Isa isa) { return isa == Isa::avx2 ? 16 : 32; }

}  // namespace banoff::cpu
