// The gpu device: plans and kernels over a backend, which is a GPU with its libraries or, in tests, the host.
#pragma once

#include <filesystem>

#include "banoff/precision.hpp"
#include "kernels/device.hpp"
#include "kernels/gpu/backend.hpp"

namespace banoff::gpu {

struct Options {
  Precision precision = Precision::fp32;
  /// Memory that a convolution may use besides its operands.
  std::size_t workspace_bytes = std::size_t{256} << 20;
  /// Where measured choices are kept from one process to the next; empty: nowhere.
  std::filesystem::path tuning_file;
  /// Measure the ways to compute a convolution; else take the library's best guess.
  bool tune = true;
  /// Record what a session does and repeat that; else queue every step anew in every run.
  bool record = true;
};

[[nodiscard]] std::unique_ptr<Device> device(std::shared_ptr<const Backend> backend, const Options& options);

}  // namespace banoff::gpu
