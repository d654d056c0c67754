// What commands tell of nodes that cannot be run and are only carried from file to file.
#pragma once

#include "cli/options.hpp"

namespace banoff::cli {

/// "2 of 40 nodes cannot be run and are carried as they are:" with a line per reason; nothing where there are none.
void print_carried(const Model& model);
[[nodiscard]] Json carried_json(const Model& model);

}  // namespace banoff::cli
