#include "folding/absorb.hpp"

#include "folding/rewrite.hpp"

namespace banoff::gauge {

Absorbed absorb(Weights& weights, NodeId id, const System& system, const Assignment& assignment, const Limits& limits) {
  const Op op = weights.graph().node(id).op;
  return std::visit([&](const auto& each) { return apply(each, Rewrite(weights, id, system, assignment, limits)); },
                    op);
}

}  // namespace banoff::gauge
