// Running a network: compile it for a device once, then run it from any number of sessions.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "banoff/export.h"
#include "banoff/model.hpp"
#include "banoff/precision.hpp"

namespace banoff {

/// Where memory given to a session lies.
enum class MemoryKind { host, device };

struct DeviceOptions {
  /// One of device_names(). "gpu-fp16" is "gpu" with that precision, "gpu:1" the second GPU (from 0; "gpu" is the
  /// first), "gpu:1-fp16" both.
  std::string name = "cpu";
  int threads = 0;                        ///< 0: as many as this process may use
  bool fuse_norms = true;                 ///< merge a batch norm that stayed with the activation behind it
  Precision precision = Precision::fp32;  ///< of the cpu and gpu devices; the others compute in fp32
  /// Of the cpu device: "avx2" or "avx512"; empty: the widest that the processor has. oneDNN takes its limit once in a
  /// process, from the first cpu device: the one that a fold asks for prices, or the one compiled for.
  std::string isa = {};
  /// Of the cpu device: only convolutions that sum plain products. Faster ones, by Winograd's filtering, are within
  /// 1e-5 of a layer's largest output.
  bool exact_convolutions = false;
  /// How many sets of sizes beside the model's own stay compiled; those used longest ago go first.
  std::size_t other_sizes = 4;
};

/// Whether they ask for integers of 8 bits: "cpu-int8", or "cpu" with that precision.
[[nodiscard]] BANOFF_API bool in_integers(const DeviceOptions& options);
/// The network as it is to be run on a device: folded, and, where that is asked for integers, quantised without
/// pictures unless it is on grids as it is.
[[nodiscard]] BANOFF_API std::pair<Model, FoldReport> fold_for(const Model& model, const FoldOptions& options,
                                                               const DeviceOptions& device);

/// Devices that this build can run on, here. Asks for GPUs, which starts CUDA's runtime: processes forked after that
/// cannot use them.
[[nodiscard]] BANOFF_API std::vector<std::string> device_names();
/// Whether there is a device of this name, in any of its spellings ("gpu:0" is "gpu").
[[nodiscard]] BANOFF_API bool has_device(const std::string& name);

/// A kernel of a compiled network, for reports.
struct StepInfo {
  std::string label;  ///< the nodes it computes, joined by " + "; or the reorder or copy it is
  std::vector<std::string> nodes;
  std::vector<std::string> ops;  ///< by node
  std::string kind;              ///< the op with the most FLOPs of them; "reorder" or "copy" where there are no nodes
  std::string implementation;    ///< what the device's library calls it
  std::string layouts;           ///< "nChw8c -> nChw8c"
  std::vector<TensorInfo> outputs;
  std::int64_t flops = 0;  ///< of its nodes; multiplications and additions counted apart
  /// What it has to read and write if nothing is read twice: inputs, outputs and packed weights, bounded values at
  /// their capacity.
  std::size_t bytes = 0;
  /// Microseconds measured when the device chose its library's way to compute it; 0: nothing was measured.
  double tuned_us = 0;
};

struct PlanInfo {
  std::vector<StepInfo> steps;
  std::size_t arena_bytes = 0;   ///< per session: values and scratchpad
  std::size_t weight_bytes = 0;  ///< packed weights, shared by all sessions
  int threads = 0;
  int vector_bits = 0;  ///< of the widest vectors that the device computes with; 0: not known
  double compile_ms = 0;
};

/// A network compiled for a device. Cheap to copy, shared by sessions on many threads. Where it has open sizes,
/// sessions compile it for others on demand; what that makes is shared as well.
class BANOFF_API CompiledModel {
 public:
  struct Contents;

  /// Throws refused, listing every node the device cannot run and why.
  [[nodiscard]] static CompiledModel compile(const Model& model, const DeviceOptions& options = {});
  explicit CompiledModel(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

  /// At the sizes that the model had.
  [[nodiscard]] const PlanInfo& info() const;
  [[nodiscard]] const std::vector<TensorInfo>& inputs() const;
  [[nodiscard]] const std::vector<TensorInfo>& outputs() const;
  /// For banoff's own use.
  [[nodiscard]] const std::shared_ptr<const Contents>& contents() const { return contents_; }

 private:
  std::shared_ptr<const Contents> contents_;
};

/// One stream of runs: owns the arena. Not for two threads at a time; make one session per thread.
class BANOFF_API Session {
 public:
  explicit Session(const CompiledModel& model);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  /// Gives an input another shape, where its sizes are open; inputs with the same open sizes follow. The first use of
  /// new sizes (by any session of the model) compiles for them: input(), run() or whatever comes next throws bad_input
  /// where the network does not take them. Memory bound or handed out before is no longer used.
  void set_shape(std::size_t index, const Shape& shape);
  /// Inputs and outputs at the sizes of the moment.
  [[nodiscard]] const std::vector<TensorInfo>& inputs();
  [[nodiscard]] const std::vector<TensorInfo>& outputs();

  /// Memory of an input, of the element type that inputs() tells, to be filled before run().
  [[nodiscard]] std::span<std::byte> input(std::size_t index);
  /// Memory of an output after run(); valid until the next run.
  [[nodiscard]] std::span<const std::byte> output(std::size_t index) const;
  /// Actual size of an output's dimension 0 (less than the shape's where it is bounded).
  [[nodiscard]] std::int64_t output_count(std::size_t index) const;
  /// Sets the actual size of a bounded input's dimension 0.
  void set_input_count(std::size_t index, std::int64_t count);

  /// Uses the caller's memory (at least the input's bytes, aligned to 8; of a GPU, to 16) instead of the session's;
  /// read, never written.
  void bind_input(std::size_t index, std::span<const std::byte> memory, MemoryKind kind = MemoryKind::host);
  /// Writes the output to the caller's memory (at least the output's bytes, aligned likewise).
  void bind_output(std::size_t index, std::span<std::byte> memory, MemoryKind kind = MemoryKind::host);

  /// Computes the outputs. Allocates nothing.
  void run();
  /// As run(), telling each step's time in microseconds.
  void run_profiled(const std::function<void(std::size_t step, double us)>& step_done);

  /// What there is to know about how runs are carried out, for reports: why they take longer than they should.
  /// Empty as long as nothing is amiss.
  [[nodiscard]] std::string note() const;

  /// Copies inputs in (converted to the network's types), runs at their sizes, copies outputs out (bounded ones at
  /// their actual size).
  [[nodiscard]] Tensors run(const Tensors& inputs);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace banoff
