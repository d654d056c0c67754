// Starting jobs on a stream.
#pragma once

#include <cuda_runtime_api.h>

#include "kernels/gpu/job.hpp"

namespace banoff::cuda {

/// Queues the job; a job without threads does nothing.
void launch(const gpu::Job& job, cudaStream_t stream);

}  // namespace banoff::cuda
