#pragma once

#include "tests/support/graph_builder.hpp"

namespace banoff::test {

/// A small random net with shared streams, branches, several outputs and norms with gamma of both signs, zero and tiny.
Graph random_net(std::uint64_t seed);

}  // namespace banoff::test
