// What a device is to the planner: something that offers ways to compute a region of a graph, or refuses with a reason.
//
// `offers` is the only statement of what a device can do; nothing else says "supported". The planner asks for the
// largest regions first, compares prices, and makes the kernels of the offers it takes.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "kernels/layout.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

/// A few neighbouring nodes as one kernel. `nodes` is in topological order; every value made inside
/// and not listed in `outputs` is read inside only.
struct Region {
  const Graph* graph = nullptr;
  const std::vector<TensorType>* types = nullptr;
  std::vector<NodeId> nodes;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Layout> input_layouts;
  std::vector<Layout> output_layouts;

  [[nodiscard]] const Node& node(std::size_t i) const { return graph->node(nodes[i]); }
  [[nodiscard]] const TensorType& type(ValueId value) const { return (*types)[static_cast<std::size_t>(value)]; }
};

/// What a kernel keeps for one session between runs: a library's handles, never results. A session makes one for each
/// of its kernels; only the kernel that made it looks inside.
class KernelState {
 public:
  virtual ~KernelState() = default;
  KernelState() = default;
  KernelState(const KernelState&) = delete;
  KernelState& operator=(const KernelState&) = delete;
};

/// One session's work on a device that has memory of its own: kernels queue what they do and return.
class Stream {
 public:
  virtual ~Stream() = default;
  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  /// The session's arena, in the device's memory.
  [[nodiscard]] virtual std::byte* arena() = 0;
  /// Memory of the host that the device copies from and to by itself, and that its kernels reach; zero at first.
  [[nodiscard]] virtual std::shared_ptr<std::byte> host_memory(std::size_t bytes) = 0;
  /// Queues a copy between memory of the device and memory from `host_memory`.
  virtual void copy(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  /// Does what `work` queues. `memory` tells where everything lies that may lie elsewhere in another call: calls with
  /// equal `memory` would queue the same, and `work` need not be called again in them.
  virtual void run(const std::function<void()>& work, std::span<const std::byte* const> memory) = 0;
  /// Why runs take longer than they should, where they do; for reports.
  [[nodiscard]] virtual std::string note() const { return {}; }
  virtual void wait() = 0;
};

/// Memory a kernel works on, in the order of its region's inputs and outputs. `counts` are the actual sizes of bounded
/// first dimensions (the capacity where the type is not bounded).
struct KernelArgs {
  std::span<const std::byte* const> inputs;
  std::span<std::byte* const> outputs;
  std::span<const std::int64_t> input_counts;
  std::span<std::int64_t> output_counts;
  std::byte* scratch = nullptr;
  KernelState* state = nullptr;  ///< what `make_state` of this kernel made for the calling session
  Stream* stream = nullptr;      ///< the calling session's; null: the kernel waits until it is done
};

/// A region made ready to run. Immutable: one kernel serves any number of sessions and threads at a time.
class Kernel {
 public:
  virtual ~Kernel() = default;
  Kernel() = default;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  /// State for one session, or null when the kernel needs none. Pointers given to `run` may differ from call to call.
  [[nodiscard]] virtual std::unique_ptr<KernelState> make_state() const { return nullptr; }
  /// Must not allocate, and must write every byte of its outputs (padding of blocked layouts included).
  virtual void run(const KernelArgs& args) const = 0;
  /// Bytes of scratch memory `run` needs, aligned to 64.
  [[nodiscard]] virtual std::size_t scratch_bytes() const { return 0; }
  /// What the library calls its choice ("jit:avx2", "reference", …), for reports and for the test that watches it.
  [[nodiscard]] virtual std::string implementation() const = 0;
  /// Whether it may run inside Device::in_team: what it does in parallel, it does on the device's team.
  [[nodiscard]] virtual bool runs_in_team() const { return false; }
  /// Microseconds that its library's part took when the device chose among ways to compute it; 0: it did not measure.
  [[nodiscard]] virtual double tuned_us() const { return 0; }
  /// Bytes of packed weights this kernel owns.
  [[nodiscard]] virtual std::size_t weight_bytes() const { return 0; }
  /// The input that output 0 overwrites: the two must be given the same memory. none: no such demand.
  [[nodiscard]] virtual int in_place_input() const { return none; }
  /// Whether output 0 may share memory with input `input` (same bytes, same layout), should the planner wish so.
  [[nodiscard]] virtual bool may_overwrite(int input) const { return input == in_place_input(); }
  /// Of a device with memory of its own: whether the input may lie in memory from Stream::host_memory without loss, as
  /// it is read once and in order; and output 0, as it is written so.
  [[nodiscard]] virtual bool streams_input(int /*input*/) const { return false; }
  [[nodiscard]] virtual bool streams_output() const { return false; }
};

/// Why a device does not take a region.
struct Refusal {
  std::string reason;
};

using Compiled = std::variant<std::unique_ptr<Kernel>, Refusal>;

/// That the values of a region are pieces of one of them: where each lies in it, in bytes. With memory laid out so
/// there is nothing to compute.
struct Pieces {
  bool joined = true;           ///< the inputs are pieces of the only output; else the outputs are of the only input
  std::vector<std::size_t> at;  ///< by input, or by output
};

/// One way to compute a region, described and priced. It holds no weights: they are packed, and moved to where the
/// kernel reads them, by `make`. It must not outlive its device, nor the graph and types of its region.
struct Offer {
  /// What the kernel will be called; one that settles on one of a library's ways when it is made is called after that.
  std::string implementation;
  double cost_us = 0;  ///< expected run time in microseconds, to compare offers of the same device
  bool slow = false;   ///< known to be slow: to be taken only where no layout and no other offer is better
  /// The kernel, every time anew; or a refusal for what nobody can know before.
  std::function<Compiled()> make;
  std::optional<Pieces> pieces = std::nullopt;  ///< set: what the planner may do instead of running the kernel
};

/// At least one, equals in the order in which the device would take them.
using Offers = std::variant<std::vector<Offer>, Refusal>;

/// Something that runs kernels. Immutable after construction; owns its threads, if any.
class Device {
 public:
  virtual ~Device() = default;
  Device() = default;
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  [[nodiscard]] virtual std::string name() const = 0;
  /// Threads that kernels run on.
  [[nodiscard]] virtual int threads() const { return 1; }
  /// Of the widest vectors that its kernels compute with; 0: not known.
  [[nodiscard]] virtual int vector_bits() const { return 0; }
  /// Layouts worth considering for a value, best guess first; never empty.
  [[nodiscard]] virtual std::vector<Layout> layouts(const TensorType& type) const = 0;
  /// The element type in which this device holds values of `type`.
  [[nodiscard]] virtual DType storage(DType type) const { return type; }
  /// How this device would keep a value in fewer bits than `storage` says: as it was put on a grid (`grid`), or in a
  /// shorter float of its own choice where it was not. nullopt: not at all.
  [[nodiscard]] virtual std::optional<Stored> stored(const TensorType& /*type*/,
                                                     const std::optional<Stored>& /*grid*/) const {
    return std::nullopt;
  }
  /// Bytes a value takes; throws when it overflows.
  [[nodiscard]] virtual std::size_t bytes(const TensorType& type, Layout layout) const = 0;
  /// The ways to compute a region in its layouts. Nothing is packed or measured for them.
  [[nodiscard]] virtual Offers offers(const Region& region) const = 0;
  /// Copying a value from one layout to another (or the same) one.
  [[nodiscard]] virtual Offer reorder(const TensorType& type, Layout from, Layout to) const = 0;
  /// A session's stream with an arena of `arena_bytes`; null: kernels compute at once, in the host's memory.
  [[nodiscard]] virtual std::unique_ptr<Stream> make_stream(std::size_t /*arena_bytes*/) const { return nullptr; }
  /// Memory that kernels can read and write.
  [[nodiscard]] virtual std::shared_ptr<std::byte> allocate(std::size_t bytes) const;
  /// The tensor with its storage where kernels can read it; of a device with memory of its own nobody else can.
  [[nodiscard]] virtual Tensor keep(const Tensor& tensor) const { return tensor; }
  /// Where a bounded value's memory (plain) holds the number of its rows, an int64; none: whoever runs kernels passes
  /// the numbers along.
  [[nodiscard]] virtual std::optional<std::size_t> count_at(const TensorType& /*type*/) const { return std::nullopt; }
  /// Called around every run of a plan by the thread that runs it (thread counts are per thread in OpenMP). A run may
  /// happen inside another one's callback: what `enter` returns is handed to the `leave` that belongs to it.
  [[nodiscard]] virtual int enter() const { return 0; }
  virtual void leave(int /*before*/) const {}
  /// Calls `work`, which runs kernels one after another that all say `runs_in_team`: threads stay awake meanwhile.
  /// Throws what `work` throws.
  virtual void in_team(const std::function<void()>& work) const { work(); }
};

/// Lets the device set up the running thread, and undoes it whatever happens.
class Entered {
 public:
  explicit Entered(const Device& device) : device_(device), before_(device.enter()) {}
  ~Entered() { device_.leave(before_); }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;

 private:
  const Device& device_;
  int before_;
};

}  // namespace banoff
