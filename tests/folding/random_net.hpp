#pragma once

#include "tests/support/graph_builder.hpp"

namespace banoff::test {

struct RandomNet {
  bool small = false;           ///< tensors of tens of elements and 3 to 8 norms, for what looks at every element
  bool positive_gamma = false;  ///< otherwise of both signs
  bool odd_gamma = true;        ///< now and then one that is zero or tiny
};

/// A random net with shared streams, branches, several outputs and ops of all kinds.
Graph random_net(std::uint64_t seed, const RandomNet& options = {});

}  // namespace banoff::test
