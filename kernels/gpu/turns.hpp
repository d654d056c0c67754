// Timing several pieces of work against each other.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/gpu/backend.hpp"

namespace banoff::gpu {

struct Timing {
  double us = 0;        ///< of one run on the device, the median of the turns
  std::string failure;  ///< why it does not run; empty: it does
};

/// Runs the work once, waits, and once more as it would be recorded; microseconds of that. Throws what went wrong.
[[nodiscard]] double prove(Queue& queue, const std::function<void()>& work);

/// Times each work in turns, once the device runs at its full clock: an idle GPU's is a fraction of it, and takes
/// milliseconds of work to rise, so that whoever is timed first would lose. Throws only where the device is past use.
[[nodiscard]] std::vector<Timing> time_in_turns(Queue& queue, std::span<const std::function<void()>> works);

}  // namespace banoff::gpu
