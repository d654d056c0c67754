// Sizes that a network's file leaves open: its batch, the height and width of its pictures.
#pragma once

#include <cstdint>
#include <string>

namespace banoff {

/// One of them, and what became of it.
struct SizeInfo {
  std::string name;       ///< "N", "height": as --shape and LoadOptions::symbols take it
  std::int64_t size = 1;  ///< the one that the model's shapes are told for; sessions take others
  bool assumed = false;   ///< nobody gave it: a likely one was taken
  /// Empty: files written from the model leave it open too. Else why they are for `size` alone: the node that computes
  /// something from it that no file can say for every size.
  std::string fixed_by;
  bool operator==(const SizeInfo&) const = default;
};

}  // namespace banoff
