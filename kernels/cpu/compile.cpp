#include <array>

#include "kernels/cpu/kernels.hpp"

namespace banoff::cpu {

namespace {

using Table = std::array<FamilyOffer, std::variant_size_v<OpVariant>>;

/// By op; null where the CPU has no kernel of its own.
Table make_table() {
  Table table{};
  for (const Family& family :
       {pooling(), global_pooling(), resizing(), normalisation(), detection(), movement(), pointwise(), grids()}) {
    for (const std::size_t op : family.ops) table[op] = family.offer;
  }
  return table;
}

}  // namespace

Offer offer(const Region& region, int threads) {
  static const Table table = make_table();
  const Op& head = region.node(0).op;
  const FamilyOffer family = table[head.index()];
  if (family == nullptr) throw Refused{std::string(row_of(head).name) + " has no kernel of its own here"};
  return family(region, threads);
}

}  // namespace banoff::cpu
