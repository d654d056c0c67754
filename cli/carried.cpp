#include "cli/carried.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace banoff::cli {

void print_carried(const Model& model) {
  const std::vector<Unsupported> all = model.unsupported();
  if (all.empty()) return;
  std::size_t nodes = 0;
  for (const Unsupported& each : all) nodes += each.nodes.size();
  fmt::print("{} of {} nodes cannot be run here and are carried as they are:\n", nodes, model.layers().size());
  for (const Unsupported& each : all) {
    const std::string count = each.nodes.size() > 1 ? fmt::format(" ({} nodes)", each.nodes.size()) : "";
    fmt::print("  {} '{}'{}: {}\n", each.op, each.nodes.front(), count, each.reason);
  }
}

Json carried_json(const Model& model) {
  Json rows = Json::array();
  for (const Unsupported& each : model.unsupported()) {
    rows.push_back({{"op", each.op}, {"reason", each.reason}, {"nodes", each.nodes}});
  }
  return rows;
}

}  // namespace banoff::cli
