// A network drawn by Graphviz.
#pragma once

#include <filesystem>
#include <string>

#include "cli/outcome.hpp"

namespace banoff::cli {

/// The network in the DOT language: a box per node; batch norms coloured by what the report says became of them.
[[nodiscard]] std::string dot_of(const Model& model, const FoldReport& report, const Outcomes& outcomes);

/// Draws DOT text by the `dot` program. Throws usage when there is none on the PATH.
void write_svg(const std::filesystem::path& file, const std::string& dot);

}  // namespace banoff::cli
