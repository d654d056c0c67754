// One cell of a table, in processes of its own.
#pragma once

#include "bench/table/child.hpp"
#include "bench/table/report.hpp"

namespace banoff::bench {

/// Times all ways of `bench` (one network, device, thread count and batch size) in one process, and takes each way's
/// peak memory in another. Without weights in `bench.load` they are made up from `seed`, once for all, in `folder`
/// for as long as this takes. Throws what loading, folding or compiling throws.
[[nodiscard]] Cell measure_cell(BenchOptions bench, std::uint64_t seed, const std::filesystem::path& folder,
                                const Ears& ears);

}  // namespace banoff::bench
