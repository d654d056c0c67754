// The sections of a model file that are not the network: preprocess, task, and where its weights are.
#pragma once

#include "runtime/load/expression.hpp"
#include "runtime/load/load.hpp"

namespace banoff {

/// Reads the sections. `file` is the model file, `graph` the expanded network they speak of. A file of labels is read
/// relative to `file`. Throws bad_input with file:line.
[[nodiscard]] Manifest read_manifest(const Yaml& root, const std::string& file, const Env& env, const Graph& graph);

/// Replaces `preprocess` and `task` by those of a file that has nothing else. Throws bad_input with file:line.
void read_task_file(const std::filesystem::path& file, const Graph& graph, Manifest& manifest,
                    const LoadLimits& limits = {});

/// `preprocess` and `task` as such a file; empty where there is nothing to say.
[[nodiscard]] std::string print_manifest(const Manifest& manifest);

}  // namespace banoff
