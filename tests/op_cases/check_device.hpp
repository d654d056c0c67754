// Holds a device to the table of op cases: every case, in every combination of layouts the device offers.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "kernels/device.hpp"
#include "tests/op_cases/op_cases.hpp"

namespace banoff::test {

struct DeviceReport {
  std::set<std::string> computed;                            ///< cases with at least one kernel
  std::map<std::string, std::vector<std::string>> refusals;  ///< reason -> "case (layouts)"
  /// Wrong values, bytes written outside or not written, exceptions of `offers`, of making a kernel, of running it.
  std::vector<std::string> failures;
  bool threw = false;                          ///< one of the failures is an exception
  std::map<std::string, int> implementations;  ///< how many kernels of each
  std::set<std::string> renamed;               ///< offers whose kernels are called otherwise
  std::map<std::string, int> overwriting;      ///< of those, runs in the memory of an input that they spare
  double worst_error = 0;                      ///< relative to the cases' magnitudes

  /// The cases that no combination of layouts computes.
  [[nodiscard]] std::vector<std::string> uncovered(const std::vector<OpCase>& cases) const;
};

/// Runs every offer for every case as a region of its one node, the slow ones only if `slow_too`. A kernel fails when
/// its error is above `tolerance` times the case's magnitude, when it writes outside its outputs and scratch memory,
/// changes an input, leaves bytes of an output unwritten, lets the old contents of scratch memory show, or computes
/// something else in the memory of an input that it says it may overwrite. A case that ends in an exception is a
/// failure, and the others go on.
[[nodiscard]] DeviceReport check_device(const Device& device, const std::vector<OpCase>& cases, double tolerance,
                                        bool slow_too = true);

}  // namespace banoff::test
