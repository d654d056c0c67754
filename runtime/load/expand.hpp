// From blocks, groups and repetitions to a flat list of nodes.
#pragma once

#include "runtime/load/expression.hpp"

namespace banoff {

/// Expands `nodes` and `outputs` of a model file into `graph`, which has its inputs already. Parameters get names but
/// no tensors. `env` holds the file's `let`, `sizes` what to take for open sizes without a default. Throws bad_input
/// with file:line and the node's path.
void expand(const Yaml& root, const std::string& file, const Env& env, const std::map<std::string, std::int64_t>& sizes,
            const LoadLimits& limits, Graph& graph);

}  // namespace banoff
