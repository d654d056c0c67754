#include "folding/optimal/draft.hpp"

#include <limits>

#include "folding/optimal/affine_tails.hpp"
#include "folding/rewrite.hpp"

namespace banoff::gauge {

namespace {

/// Gives the node the form that it takes under the choice, where that is another op or has other parameters.
void reshape(const Rewrite& r) {
  const Op op = r.node().op;  // the node's own is written to
  if (const auto* activation = std::get_if<Activation>(&op)) static_cast<void>(apply(*activation, r));
  else if (const auto* prelu = std::get_if<PRelu>(&op)) static_cast<void>(apply(*prelu, r));
  const auto* conv = std::get_if<Conv>(&op);
  if (conv != nullptr && !conv->pad_value && r.system().policy().borders.contains(r.id())) give_pad_value(r, *conv);
}

}  // namespace

Graph draft(const Choice& choice) {
  Graph graph = choice.system.graph();
  Weights weights(graph);
  constexpr double free = std::numeric_limits<double>::infinity();
  const Limits limits{free, free};
  for (const NodeId id : graph.live_ids()) {
    try {
      reshape(Rewrite(weights, id, choice.system, choice.assignment, limits));
    } catch (const Refused&) {
      // Whoever applies the choice will find so too, give up the norms that ask for it, and choose anew.
    }
  }
  Readers readers = graph.readers();
  for (const NodeId id : choice.removed()) graph.bypass(id, readers);
  weights.round_all(1);
  rejoin_affine_tails(graph);
  return graph;
}

}  // namespace banoff::gauge
