// The machine and its devices, asked for in a process of its own.
#pragma once

#include <string>
#include <vector>

#include "banoff/machine.hpp"

namespace banoff::bench {

struct Here {
  MachineInfo machine;
  std::vector<std::string> names;   ///< of all devices
  std::vector<std::string> usable;  ///< those of the wanted ones that are there
};

/// Asking starts CUDA's runtime, and processes forked from one that has started it cannot use the GPU: so the question
/// is put in a child, and this process stays as it was.
[[nodiscard]] Here ask_here(const std::vector<std::string>& wanted);

}  // namespace banoff::bench
