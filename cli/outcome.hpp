// What became of a batch norm, in a word: also of those that stayed, for which a device may have a cheap place.
#pragma once

#include <map>

#include "cli/options.hpp"

namespace banoff::cli {

/// folded, clamp (folded, and an activation got bounds per channel), fused (it stayed, in a kernel with other nodes) or
/// left (it stayed, in a pass of its own).
class Outcomes {
 public:
  /// What the device makes of the norms that stay is found by compiling `folded`; a device that refuses the network
  /// fuses nothing.
  Outcomes(const FoldReport& report, const Model& folded, const DeviceOptions& device);

  [[nodiscard]] std::string_view of(const FoldedNorm& norm) const;
  /// The nodes that share a kernel with a norm that stayed.
  [[nodiscard]] std::vector<std::string> company(const FoldedNorm& norm) const;
  [[nodiscard]] std::size_t fused() const { return company_.size(); }

 private:
  std::map<std::string, std::vector<std::string>> company_;
};

}  // namespace banoff::cli
