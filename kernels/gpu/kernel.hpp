// Kernels of the gpu device: each queues jobs, copies and library calls.
#pragma once

#include <mutex>
#include <utility>

#include "kernels/gpu/gpu.hpp"
#include "kernels/gpu/pixels.hpp"

namespace banoff::gpu {

class Tuner;

/// What describing and making kernels needs to know of the device. Outlives its offers.
struct Context {
  std::shared_ptr<const Backend> backend;
  Options options;
  std::shared_ptr<Tuner> tuner;

  [[nodiscard]] DType storage(DType type) const;
  [[nodiscard]] Math math() const { return options.precision == Precision::fp32 ? Math::fma : Math::tensor; }
};

/// A session's stream on the device.
class GpuStream final : public Stream {
 public:
  GpuStream(const Backend& backend, std::size_t arena_bytes, bool record);
  [[nodiscard]] std::byte* arena() override { return arena_.get(); }
  [[nodiscard]] std::shared_ptr<std::byte> host_memory(std::size_t bytes) override;
  void copy(std::byte* to, const std::byte* from, std::size_t bytes) override { queue_->copy(to, from, bytes); }
  void run(const std::function<void()>& work, std::span<const std::byte* const> memory) override;
  [[nodiscard]] std::string note() const override;
  void wait() override { queue_->wait(); }
  [[nodiscard]] Queue& queue() { return *queue_; }

 private:
  const Backend& backend_;
  std::unique_ptr<Queue> queue_;
  Memory arena_;
  bool record_;

  /// What was run with the inputs and outputs in one place.
  struct Binding {
    std::vector<const std::byte*> memory;
    std::unique_ptr<Recording> recording;  ///< null: it ran once
  };
  static constexpr std::size_t most_bindings = 8;
  std::vector<Binding> bindings_;  ///< the latest first
  std::string failure_;            ///< of the recording, after which every step is queued
};

/// Values that kernels read in every run, moved to the device when a kernel is made.
class Uploads {
 public:
  explicit Uploads(const Backend& backend) : backend_(backend) {}

  /// Null for no values.
  template <class E>
  [[nodiscard]] const E* add(const std::vector<E>& values) {
    return reinterpret_cast<const E*>(add_bytes(std::as_bytes(std::span(values))));
  }
  /// The values rounded to `type`.
  [[nodiscard]] const std::byte* add(const std::vector<float>& values, DType type);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] std::vector<Memory> take() { return std::move(memory_); }

 private:
  const std::byte* add_bytes(std::span<const std::byte> bytes);

  const Backend& backend_;
  std::size_t bytes_ = 0;
  std::vector<Memory> memory_;
};

struct KernelTraits {
  std::string name;
  std::size_t scratch_bytes = 0;
  std::vector<int> overwrites = {};
  /// Inputs that are read once and in order, and whether the output is written so.
  std::vector<int> streams = {};
  bool streams_output = false;
  /// Whether it writes the number of rows of bounded outputs itself.
  bool counts_rows = false;
  /// Of the way that the tuner chose; 0: not measured.
  double tuned_us = 0;
};

/// What the offers of a family make; the device puts it behind the interface that the planner knows.
class JobKernel {
 public:
  using Function = std::function<void(const KernelArgs&, Queue&)>;
  JobKernel(KernelTraits traits, Uploads& uploads, Function function)
      : traits_(std::move(traits)),
        weight_bytes_(uploads.bytes()),
        memory_(uploads.take()),
        function_(std::move(function)) {}

  void queue(const KernelArgs& args, Queue& queue) const { function_(args, queue); }
  [[nodiscard]] const KernelTraits& traits() const { return traits_; }
  [[nodiscard]] std::size_t weight_bytes() const { return weight_bytes_; }

 private:
  KernelTraits traits_;
  std::size_t weight_bytes_;
  std::vector<Memory> memory_;  ///< what the function's jobs read
  Function function_;
};

using Made = std::unique_ptr<JobKernel>;

/// A way to compute a region (kernels/device.hpp) before the device puts its own around it.
struct JobOffer {
  KernelTraits traits;  ///< the kernel's, as far as known
  double cost_us = 0;
  bool slow = false;
  std::function<Made()> make;
};

/// The offer of a kernel whose function `prepare` makes, with what it uploads.
[[nodiscard]] JobOffer job_offer(const Context& context, KernelTraits traits, double cost_us,
                                 std::function<JobKernel::Function(Uploads&)> prepare);

/// The same of a function that reads nothing but values of the network.
[[nodiscard]] inline JobOffer ready_offer(const Context& context, KernelTraits traits, double cost_us,
                                          JobKernel::Function function) {
  return job_offer(context, std::move(traits), cost_us,
                   [function = std::move(function)](Uploads&) { return function; });
}

/// The only node of a region; throws Refused where there are several.
[[nodiscard]] inline const Node& only_node(const Region& region) {
  if (region.nodes.size() != 1) throw Refused{"one op at a time"};
  return region.node(0);
}

/// The offer of one job from the region's only input `x` to its output `y`; `upload` sets what else it reads.
template <class J, class F>
[[nodiscard]] JobOffer single_job(const Context& context, const char* name, double cost_us, const J& job, F upload) {
  return job_offer(context, {name}, cost_us, [job, upload](Uploads& uploads) {
    J loaded = job;
    upload(loaded, uploads);
    return [loaded](const KernelArgs& args, Queue& queue) {
      J ready = loaded;
      ready.x = args.inputs[0];
      ready.y = args.outputs[0];
      queue.launch(ready);
    };
  });
}
template <class J>
[[nodiscard]] JobOffer single_job(const Context& context, const char* name, double cost_us, const J& job) {
  return single_job(context, name, cost_us, job, [](J&, Uploads&) {});
}

/// Time of a launch that moves this many bytes, in microseconds. Good enough to choose between layouts.
[[nodiscard]] inline double pass_us(double bytes) { return 2.0 + bytes / 2e6; }
/// The same for a region's inputs and outputs.
[[nodiscard]] double pass_us(const Context& context, const Region& region);

/// Where a bounded value keeps the number of its rows, behind its elements.
[[nodiscard]] std::size_t count_offset(const Context& context, const TensorType& type);
/// The rows of input `i`, which lies at `memory`.
[[nodiscard]] Rows rows_of(const Context& context, const TensorType& type, const std::byte* memory);

}  // namespace banoff::gpu
