// One plan with its memory, as one session runs it.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "runtime/session/contents.hpp"
#include "runtime/session/exchange.hpp"

namespace banoff {

/// A step with its pointers resolved for one session.
struct BoundStep {
  const Kernel* kernel = nullptr;
  std::unique_ptr<KernelState> state;
  std::vector<const std::byte*> inputs;
  std::vector<std::byte*> outputs;
  std::vector<std::int64_t> input_counts;
  std::vector<std::int64_t> output_counts;
};

class BoundPlan {
 public:
  explicit BoundPlan(std::shared_ptr<const SizedPlan> sized);

  [[nodiscard]] const SizedPlan& sized() const noexcept { return *sized_; }
  [[nodiscard]] const std::shared_ptr<const SizedPlan>& shared() const noexcept { return sized_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }

  /// Bytes of the host's memory that the plan runs in; none where its device has memory of its own.
  [[nodiscard]] std::optional<std::size_t> arena_bytes() const;
  /// Runs in `arena` from now on (of at least arena_bytes(); null: in the device's own memory), with nothing of the
  /// caller's bound.
  void move_to(std::byte* arena);

  /// Writes the inputs that have a default: another plan may have run in the same memory.
  void fill_in_defaults();

  [[nodiscard]] std::span<std::byte> input(std::size_t index);
  [[nodiscard]] std::span<const std::byte> output(std::size_t index);
  /// The actual size of dimension 0 of an output, or of a bounded input.
  [[nodiscard]] std::int64_t output_count(std::size_t index) { return count_of(plan_.output_buffers.at(index)); }
  void set_input_count(std::size_t index, std::int64_t count);

  void bind_input(std::size_t index, std::span<const std::byte> memory, MemoryKind kind);
  void bind_output(std::size_t index, std::span<std::byte> memory, MemoryKind kind);

  /// Runs all steps, `step_done` being told of each if it is set.
  void run(const std::function<void(std::size_t)>& step_done);
  /// Runs one step, on what the last run left: to be timed by itself.
  void run_step(std::size_t s);
  void wait() {
    if (stream_ != nullptr) stream_->wait();
  }
  /// Why runs take longer than they should, where they do.
  [[nodiscard]] std::string note() const { return stream_ == nullptr ? "" : stream_->note(); }
  /// Null where the device computes in the host's memory.
  [[nodiscard]] Stream* stream() const noexcept { return stream_.get(); }

 private:
  [[nodiscard]] const std::byte* memory(std::int32_t buffer) const;
  [[nodiscard]] std::int64_t& count_of(std::int32_t buffer);
  void bind(std::int32_t buffer, std::span<std::byte> memory, MemoryKind kind, std::string_view what,
            std::size_t index);
  void resolve();
  [[nodiscard]] std::size_t team_end(std::size_t s) const;
  void run_steps(const std::function<void(std::size_t)>& step_done);

  std::shared_ptr<const SizedPlan> sized_;
  const Plan& plan_;
  std::unique_ptr<Stream> stream_;  ///< of a device with memory of its own, else null
  std::optional<Exchange> exchange_;
  std::byte* arena_ = nullptr;       ///< wherever it lies
  bool bound_ = false;               ///< something lies in memory of the caller's
  std::vector<std::byte*> storage_;  ///< by storage: where it is
  /// Of a stream: where inputs and outputs lie, on the device and on the host.
  std::vector<const std::byte*> places_;
  std::vector<std::int64_t> counts_;  ///< by buffer: actual size of dimension 0
  std::vector<BoundStep> steps_;
};

}  // namespace banoff
