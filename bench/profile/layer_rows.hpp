// Which kernels of a network folded in several ways stand for the same layer.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/profile/profile.hpp"

namespace banoff::bench {

struct LayerRow {
  std::string label;                                      ///< a node that all ways have
  std::vector<std::vector<const ProfiledStep*>> kernels;  ///< by profile, in the order in which they run
};

/// Every kernel of the profiles in one row each, in the order of the first profile. Kernels that have a node in common
/// are in the same row, if all profiles have a kernel with that node. What has no such node stands with its neighbour:
/// a reorder with the kernel behind it, for which it is made; anything else, as a norm that other ways have folded,
/// with the kernel before it.
[[nodiscard]] std::vector<LayerRow> layer_rows(std::span<const Profile> profiles);

}  // namespace banoff::bench
