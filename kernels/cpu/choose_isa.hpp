// Which instruction set a device uses, its own kernels and oneDNN's alike.
#pragma once

#include <string>

#include "kernels/cpu/isa.hpp"

namespace banoff::cpu {

/// `wanted` is a name, or empty for the widest. Throws usage for a name that is none, and refused for one that this
/// processor does not have, or that oneDNN, which takes its limit once in a process, has not taken.
[[nodiscard]] Isa isa_of(const std::string& wanted);

}  // namespace banoff::cpu
