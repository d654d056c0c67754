// Failures that mean "not this way".
#pragma once

#include <exception>
#include <string>

#include "kernels/region.hpp"

namespace banoff::gpu {

/// Why `body` fails; empty: it does not. Whatever a library says while a way is made or tried, another way may do: only
/// a device that is past use is not to be caught here, see Queue::require_usable.
template <class F>
[[nodiscard]] std::string failure_of(const F& body) {
  try {
    body();
    return {};
  } catch (const Refused& refused) {
    return refused.reason;
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace banoff::gpu
