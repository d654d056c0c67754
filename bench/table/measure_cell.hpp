// One cell of a table, in processes of its own.
#pragma once

#include "bench/table/child.hpp"
#include "bench/table/report.hpp"

namespace banoff::bench {

/// Times all ways of `bench` (one network with weights, device, thread count and batch size) in as many processes as
/// sittings() says, and takes each way's peak memory in another. Throws what loading, folding or compiling throws.
[[nodiscard]] Cell measure_cell(const BenchOptions& bench, const Ears& ears);

}  // namespace banoff::bench
