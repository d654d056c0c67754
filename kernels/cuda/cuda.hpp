// The backend of the gpu device on an NVIDIA GPU. CUDA's runtime is linked in, its driver and cuDNN are loaded when
// they are asked for: one binary runs with and without them. No CUDA type appears here.
#pragma once

#include <memory>
#include <string>

namespace banoff::gpu {
class Backend;
}

namespace banoff::cuda {

/// "NVIDIA H200, cuDNN 9.19.0", of the first GPU; or what is missing: "no NVIDIA driver".
struct Availability {
  bool usable = false;
  std::string text;
  int gpus = 0;
};
/// Asking starts CUDA, which then works in this process alone: not in one that is forked from it later.
[[nodiscard]] Availability availability();

/// GPU `index`, counted from 0, one of as many as there are. Throws refused, naming what is missing.
[[nodiscard]] std::shared_ptr<const gpu::Backend> backend(int index = 0);

}  // namespace banoff::cuda
