// What can be checked on a GPU beside the tests: each prints what it found and writes it to a log. Return 1 where
// something is wrong, else 0.
#pragma once

#include <memory>

#include "kernels/device.hpp"
#include "tests/gpu/check/arguments.hpp"
#include "tests/gpu/check/log.hpp"

namespace banoff::check {

/// Every op by every kernel, case by case. --precisions; --kernels own: without the library of convolutions; --tune
/// yes: the library's ways are measured; --cases TEXT: those whose names have it. An error that leaves the device
/// unusable is noted beside its case, and the program starts itself anew, from the next case on.
[[nodiscard]] int ops(const Arguments& arguments, Log& log);

/// Ten convolutions as networks have them, in each precision: every way that the library proposes, whether it can be
/// made and how long that takes, its workspace and its time. --shrink N: with images N times smaller.
[[nodiscard]] int probe(const Arguments& arguments, Log& log);

/// --network FILE, of made-up weights, without tuning and with: time to compile; time of a run from and to memory of
/// the host, recorded and step by step, and of the device; time of every step by itself.
[[nodiscard]] int speed(const Arguments& arguments, Log& log);

}  // namespace banoff::check
