// A small network for the command line's tests: what it lacks in size it has in batch norms.
#pragma once

#include "tests/cli/command.hpp"

/// Two batch norms that fold, and one between a sigmoid and a tanh that stays.
inline constexpr const char* small_net = R"(name: small
inputs: {x: [N=1, 3, 8, 8]}
nodes:
  - conv1: {op: conv, out: 6, kernel: 3}
  - bn1: batch_norm
  - relu1: relu
  - conv2: {op: conv, out: 4, kernel: 1}
  - bn2: batch_norm
  - sigmoid: sigmoid
  - bn3: batch_norm
  - tanh: tanh
  - pool: global_avg_pool
  - flatten: flatten
  - fc: {op: dense, out: 5}
outputs: {y: fc}
)";

/// A folder with the network in small.yaml, whose weights the command line makes up (--weights random:1).
struct SmallNet {
  TemporaryFolder folder;
  std::string file = folder.write("small.yaml", small_net);
  [[nodiscard]] Outcome run(const std::string& command, std::vector<std::string> arguments = {}) const {
    arguments.insert(arguments.begin(), {command, file, "--weights", "random:1"});
    return banoff_command(arguments);
  }
};
