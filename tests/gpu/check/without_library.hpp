// A backend whose library knows no convolution: all is left to the device's own kernels.
#pragma once

#include "kernels/gpu/backend.hpp"

namespace banoff::check {

[[nodiscard]] std::shared_ptr<const gpu::Backend> without_library(std::shared_ptr<const gpu::Backend> backend);

}  // namespace banoff::check
