// Which neurons become one.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

namespace banoff::pruning {

using Rows = std::vector<std::vector<double>>;
/// Numbers of rows that become one, ascending; the clusters by their first.
using Clusters = std::vector<std::vector<std::size_t>>;

/// Agglomerates by complete linkage: the two clusters whose furthest rows are nearest become one, until there are
/// `wanted` or the nearest two are further apart than `limit`.
[[nodiscard]] Clusters merge_nearest(const Rows& rows, std::size_t wanted,
                                     double limit = std::numeric_limits<double>::infinity());

/// At most `wanted` clusters by Lloyd's algorithm (1982), begun at rows as far apart as can be: the longest, then
/// always the one furthest from those before it.
[[nodiscard]] Clusters kmeans(const Rows& rows, std::size_t wanted);

/// The distance of the two rows that are nearest.
[[nodiscard]] double nearest_distance(const Rows& rows);

/// How much rows change when each becomes its cluster's mean, relative to all (L2).
[[nodiscard]] double change(const Rows& rows, const Clusters& clusters);

}  // namespace banoff::pruning
