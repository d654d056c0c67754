// The backend of the gpu device on an NVIDIA GPU. CUDA's runtime is linked in, its driver and cuDNN are loaded when
// they are asked for: one binary runs with and without them. No CUDA type appears here.
#pragma once

#include <memory>
#include <string>

namespace banoff::gpu {
class Backend;
}

namespace banoff::cuda {

/// "NVIDIA H200, cuDNN 9.19.0", or what is missing: "no NVIDIA driver".
struct Availability {
  bool usable = false;
  std::string text;
};
[[nodiscard]] Availability availability();

/// Throws refused, naming what is missing.
[[nodiscard]] std::shared_ptr<const gpu::Backend> backend();

}  // namespace banoff::cuda
