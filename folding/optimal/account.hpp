// What became of every batch norm, for the report.
#pragma once

#include <map>

#include "folding/absorb.hpp"
#include "folding/optimal/search.hpp"

namespace banoff::gauge {

/// Fills in where a chosen batch norm went. With X the class of its input and Y that of its output: nodes that write X
/// or read Y and changed took its map, those that read X or write Y took its inverse.
void account_for(FoldedNorm& norm, const System& system, const Item& item, const std::map<NodeId, Absorbed>& absorbed);

/// Why an item was not chosen: what forbids it alone, or which chosen items it does not go with.
[[nodiscard]] Refused why_left(const System& system, const Problem& problem, const Selection& selection,
                               std::size_t item);

}  // namespace banoff::gauge
