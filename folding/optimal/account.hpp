// What became of every batch norm, for the report.
#pragma once

#include <map>
#include <set>
#include <unordered_map>

#include "folding/absorb.hpp"
#include "folding/optimal/search.hpp"
#include "folding/optimal/state.hpp"

namespace banoff::gauge {

/// Tells where chosen batch norms went. With X the class of a norm's input and Y that of its output: nodes that write X
/// or read Y and changed took its map, those that read X or write Y took its inverse.
class Account {
 public:
  Account(const System& system, const std::map<NodeId, Absorbed>& absorbed, const std::vector<NodeId>& removed);
  [[nodiscard]] FoldedNorm of(NodeId norm) const;

 private:
  /// What changed around a scale class: nodes in graph order.
  struct Around {
    std::vector<NodeId> writers, readers;
    bool clamp = false;
  };
  /// What changed around all of a value's classes.
  struct Nearby {
    std::set<NodeId> writers, readers;
    bool clamp = false;
  };
  [[nodiscard]] Nearby around(ValueId value) const;
  /// Nodes that take a norm's map on one side: where there are none, those beyond the norms that went on that side.
  void takers(NodeId norm, bool before, std::set<NodeId>& seen, std::set<NodeId>& result) const;

  const System& system_;
  std::unordered_map<VarId, Around> around_;  ///< by root
  std::unordered_map<VarId, std::vector<NodeId>> removed_before_,
      removed_behind_;  ///< norms by the class of their output and input
};

/// Why an item was not chosen: what forbids it alone, or which chosen items it does not go with. `state`, to which
/// nothing was added, is so again afterwards: it is large.
[[nodiscard]] Refused why_left(const System& system, const Readers& readers, const Problem& problem,
                               const Selection& selection, State& state, std::size_t item);

}  // namespace banoff::gauge
