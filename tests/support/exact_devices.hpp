// The devices that compute in 32 bits, which tests may hold to the reference.
#pragma once

#include <string>
#include <vector>

#include "banoff/session.hpp"

namespace banoff::test {

/// Those of device_names() without a shorter precision in their name.
inline std::vector<std::string> exact_devices() {
  std::vector<std::string> names = device_names();
  std::erase_if(names, [](const std::string& name) {
    return name.ends_with("-bf16") || name.ends_with("-int8") || name.ends_with("-fp16") || name.ends_with("-tf32");
  });
  return names;
}

}  // namespace banoff::test
