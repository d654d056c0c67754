// What commands tell of sizes that a network leaves open.
#pragma once

#include "cli/options.hpp"

namespace banoff::cli {

/// "sizes: N=1, height=224 (assumed; --shape height=…)", with what keeps some from being others; nothing where there
/// are none.
void print_sizes(const std::vector<SizeInfo>& sizes);
/// One line per open size that the file at `output` has one value of, and why; where MODEL had it open.
void print_fixed(const std::string& output, const std::vector<SizeInfo>& sizes);
[[nodiscard]] Json sizes_json(const std::vector<SizeInfo>& sizes);

/// The network where every open size is another than now, as near as it takes one: what was said of the present sizes
/// may not hold there. Nothing where there is none.
[[nodiscard]] std::optional<Model> at_other_sizes(const Model& model);

}  // namespace banoff::cli
