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
  std::atomic<int> jobs{0}, copies{0}, recorded{0}, replayed{0}, timed{0}, waits{0};
  std::atomic<int> asked{0}, built{0}, rebuilt{0};  ///< of the library: for ways, convolutions built, and from plans
  double device_us = 0;                             ///< that timed work has taken by the device's clock
};

/// A way of the library's to compute a convolution, and how it fails.
struct HostWay {
  std::string name;
  double us = 0;                ///< of a run at the full clock
  std::string unbuilt = {};     ///< why it cannot be built; empty: it can
  std::string unrunnable = {};  ///< why it does not run; empty: it does
  bool breaks_device = false;   ///< whether nothing can run once it has failed to
};

/// What goes wrong: one launch; that one and whatever is asked of the device after it; the process, by its end or by
/// none.
enum class Fault : std::uint8_t { none, error, lost, crash, hang };
[[nodiscard]] Fault fault_named(std::string_view name);

struct HostOptions {
  bool library = true;  ///< whether it has convolutions
  bool half = true;     ///< whether it has 16-bit floats
  bool fuses = true;    ///< whether they take any epilogue and uneven padding
  /// To compute a convolution; the library may propose what turns out not to fit.
  std::vector<HostWay> ways{{"host0", 100}, {"host1", 99}, {"unfit", 98, "does not fit"}};
  std::vector<HostWay> fallback = {};   ///< proposed where fewer than two of those can be built
  std::string no_ways = {};             ///< why the library proposes nothing when it is asked for ways
  std::string plan = {};                ///< begins the plan of a convolution; empty: convolutions have no plan
  std::size_t workspace = 64;           ///< bytes that each wants
  double cold_us = 0, cold_factor = 1;  ///< work takes so many times as long until it has taken so long altogether
  bool records = true;                  ///< whether recording what is queued works
  std::string no_products = {};         ///< why it has no matrix products
  double product_us = 50, job_us = 0;   ///< of a library's product, of one of the device's own jobs
  Fault fault = Fault::none;
  int fault_at = 0;  ///< the job, from 1, that it happens to
};

/// Counts towards the time of what is queued.
void spend(gpu::Queue& queue, double us);

class HostBackend final : public gpu::Backend {
 public:
  explicit HostBackend(HostOptions options = {});

  [[nodiscard]] std::string name() const override { return "host, library 1.0"; }
  [[nodiscard]] gpu::Memory allocate(std::size_t bytes) const override;
  [[nodiscard]] gpu::Memory allocate_host(std::size_t bytes) const override;
  [[nodiscard]] std::unique_ptr<gpu::Queue> make_queue() const override;
  [[nodiscard]] std::vector<gpu::WaySource<gpu::ConvArgs>> ways(const gpu::ConvProblem& problem,
                                                                std::size_t workspace) const override;
  [[nodiscard]] std::unique_ptr<gpu::Convolver> rebuild(const gpu::ConvProblem& problem, std::size_t workspace,
                                                        const std::string& name,
                                                        const std::string& plan) const override;
  [[nodiscard]] std::vector<gpu::WaySource<gpu::ProductArgs>> ways(const gpu::ProductProblem& problem,
                                                                   std::size_t workspace) const override;
  [[nodiscard]] std::unique_ptr<gpu::Multiplier> rebuild(const gpu::ProductProblem& problem, std::size_t workspace,
                                                         const std::string& name,
                                                         const std::string& plan) const override;
  [[nodiscard]] bool has(DType) const override { return options_.half; }

  [[nodiscard]] HostCounters& counters() const { return *counters_; }

 private:
  [[nodiscard]] std::vector<gpu::Way<gpu::ConvArgs>> made(const gpu::ConvProblem& problem,
                                                          const std::vector<HostWay>& ways) const;

  HostOptions options_;
  std::shared_ptr<HostCounters> counters_ = std::make_shared<HostCounters>();
};

}  // namespace banoff::test
