// The backend of the gpu device on a machine without a GPU: jobs run as loops over the functions that the GPU's threads
// call, and the library's convolutions are written out.
#pragma once

#include <atomic>
#include <deque>
#include <map>

#include "kernels/gpu/backend.hpp"

namespace banoff::test {

/// What happened on the device, for tests to look at.
struct HostCounters {
  std::atomic<std::size_t> allocated{0};  ///< bytes of the device's memory in use
  std::atomic<int> jobs{0}, recorded{0}, replayed{0}, timed{0}, waits{0};
};

struct HostOptions {
  bool library = true;         ///< whether it has convolutions
  bool half = true;            ///< whether it has 16-bit floats
  bool fuses = true;           ///< whether they take more than a ReLU behind them
  int ways = 2;                ///< to compute a convolution, of which the last is the fastest
  std::size_t workspace = 64;  ///< bytes that each wants
};

class HostBackend final : public gpu::Backend {
 public:
  explicit HostBackend(HostOptions options = {});

  [[nodiscard]] std::string name() const override { return "host, library 1.0"; }
  [[nodiscard]] gpu::Memory allocate(std::size_t bytes) const override;
  [[nodiscard]] gpu::Memory allocate_host(std::size_t bytes) const override;
  [[nodiscard]] std::unique_ptr<gpu::Queue> make_queue() const override;
  [[nodiscard]] std::vector<gpu::Way> ways(const gpu::ConvProblem& problem, std::size_t workspace) const override;
  [[nodiscard]] bool has(DType) const override { return options_.half; }

  [[nodiscard]] HostCounters& counters() const { return *counters_; }

 private:
  HostOptions options_;
  std::shared_ptr<HostCounters> counters_ = std::make_shared<HostCounters>();
};

}  // namespace banoff::test
