// What a session hands to a device that has memory of its own, and what it gets back.
#pragma once

#include "runtime/plan/plan.hpp"

namespace banoff {

/// The inputs and outputs of one session, each in memory of the host that mirrors the device's: the copies between the
/// two are part of the work that the device repeats. Memory of the caller is copied once more, unless it is the
/// device's: then nothing is copied.
class Exchange {
 public:
  Exchange(const Plan& plan, Stream& stream);

  /// The host's memory of an input or output, for the caller to fill or read; null once it is bound to the device's.
  [[nodiscard]] std::span<std::byte> host(std::int32_t buffer);
  /// The host's memory that kernels work on instead of a copy; null where there is a copy.
  [[nodiscard]] std::byte* in_place(std::int32_t buffer) {
    const Mirror& mirror = mirror_of(buffer);
    return mirror.streamed ? mirror.memory.get() : nullptr;
  }
  /// The memory that the device copies from or to; null once it is bound to the device's.
  [[nodiscard]] const std::byte* pinned(std::int32_t buffer) { return mirror_of(buffer).memory.get(); }
  /// Bytes of the value in memory of the host.
  [[nodiscard]] std::size_t host_bytes(std::int32_t buffer) { return mirror_of(buffer).bytes; }
  /// Copies from or to the caller's memory around every run from now on.
  void bind_host(std::int32_t buffer, std::byte* memory);
  /// The value lies in memory of the device that the caller owns.
  void bind_device(std::int32_t buffer);

  /// Before a run: takes in what the caller's memory holds, and the number of rows of bounded inputs.
  void collect(const std::function<std::int64_t&(std::int32_t)>& count_of);
  void queue_inputs(const std::vector<std::byte*>& storage);
  void queue_outputs(const std::vector<std::byte*>& storage);
  /// After a run: fills the caller's memory, and tells the number of rows of bounded outputs.
  void deliver(const std::function<std::int64_t&(std::int32_t)>& count_of);

 private:
  struct Mirror {
    std::int32_t buffer = none;
    std::shared_ptr<std::byte> memory;  ///< null: bound to memory of the device
    std::byte* bound = nullptr;         ///< the caller's
    std::size_t bytes = 0;              ///< of the value
    std::size_t device_bytes = 0;       ///< with what the device keeps beside it
    std::optional<std::size_t> count_at;
    /// Nothing is copied: the one kernel that reads or writes it does so in memory of the host, where it reads or
    /// writes everything once.
    bool streamed = false;
  };
  Mirror& mirror_of(std::int32_t buffer);
  [[nodiscard]] std::byte* on_device(const Mirror& mirror, const std::vector<std::byte*>& storage) const;

  const Plan& plan_;
  Stream& stream_;
  std::vector<Mirror> inputs_, outputs_;
};

}  // namespace banoff
