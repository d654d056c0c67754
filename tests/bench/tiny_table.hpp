// A table that is measured as fast as can be.
#pragma once

#include "bench/table/run.hpp"
#include "tests/files.hpp"

namespace banoff::bench {

inline const Ears deaf{[](const std::string&) {}, [](double) {}};

inline const char* const tiny_net = R"(name: tiny
inputs: {x: [N=1, 3, 8, 8]}
nodes:
  - conv: {op: conv, out: 4, kernel: 3, padding: 1}
  - bn: batch_norm
  - relu: relu
  - conv2: {op: conv, from: relu, out: 4, kernel: 1}
  - bn2: batch_norm
  - tanh: tanh
outputs: {y: tanh}
)";

/// A folder with a table of one network that exists and one that does not, measured as fast as can be.
struct TinyTable {
  TemporaryFolder folder;
  TableOptions options;
  TinyTable() {
    folder.write("tiny.yaml", tiny_net);
    options.tables = {read_table(folder.write("t.yaml", R"(columns: {b: {quantity: speedup, method: banoff}}
rows:
  - {model: tiny.yaml, published: {b: 10}}
  - {model: gone.yaml}
)"))};
    options.timing = {.warmup_ms = 0, .duration_s = 0, .iterations = 3, .rounds = 3};
    options.results = folder / "kept";
    options.threads = {1};
    options.version = "test";
  }
  [[nodiscard]] Cell first(const Ears& ears = deaf) const {
    return run_tables(options, ears).tables.at(0).rows.at(0).cells.at(0);
  }
};

}  // namespace banoff::bench
