// Where values are made that are pieces of others, so that concatenations need not copy them.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "runtime/plan/regions.hpp"

namespace banoff {

/// A piece's place in the memory of a whole value.
struct Place {
  std::size_t whole = 0;   ///< which
  std::size_t offset = 0;  ///< in bytes
  bool operator==(const Place&) const = default;
};

struct PiecePlaces {
  std::vector<std::size_t> wholes;  ///< bytes of each
  std::map<std::pair<ValueId, Layout>, Place> places;

  /// Null: memory of its own.
  [[nodiscard]] const Place* find(ValueId value, Layout layout) const {
    const auto found = places.find({value, layout});
    return found == places.end() ? nullptr : &found->second;
  }
};

/// Wholes are concatenations that are not pieces of later ones. A value that several want becomes a piece of the last,
/// and a piece of another as well where that one lies in the same whole (those of a dense block do, each being the
/// beginning of the next). Left out is what does not choose its memory: inputs, outputs and constants of the network,
/// and views.
[[nodiscard]] PiecePlaces place_pieces(const Graph& graph, const std::vector<TensorType>& types, const Device& device,
                                       const std::vector<PlannedRegion>& regions, const std::vector<Choice>& chosen);

}  // namespace banoff
