// Nodes that nothing here can run.
#pragma once

#include <string>
#include <vector>

#include "runtime/graph/graph.hpp"

namespace banoff {

/// Nodes that cannot be run for the same reason.
struct CannotRun {
  std::string op;
  std::string reason;
  std::vector<std::string> nodes;  ///< their names
};

/// What keeps the network from being run, each reason once, in the order of the nodes; empty where it can be.
[[nodiscard]] std::vector<CannotRun> cannot_run(const Graph& graph);

/// Throws bad_input with all of it, where there is something, and the next step.
void require_runnable(const Graph& graph);
/// The same where the network is to be written in a form that has no such nodes.
void require_writable(const Graph& graph);

}  // namespace banoff
