// Starting jobs on a stream.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/gpu/job.hpp"

namespace banoff::cuda {

/// Queues the job; a job without threads does nothing. Where the launch is `programmatic`, its blocks get ready while
/// what was queued before still runs, and wait for its end before they touch memory; in a captured graph too.
void launch(const gpu::Job& job, cudaStream_t stream, bool programmatic);

/// Whether the kernels were compiled, for this device, for a GPU that has programmatic launches: 9.0 and newer.
[[nodiscard]] bool launches_programmatically(int device);

}  // namespace banoff::cuda
