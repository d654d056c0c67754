// What the gpu device needs of a GPU and its libraries: memory, a queue of work, convolutions. Kernels and plans are
// made against this interface, so that they can be tested on a machine without a GPU.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/gpu/job.hpp"
#include "kernels/gpu/way.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::gpu {

using Memory = std::shared_ptr<std::byte>;

/// Work that is ready to be timed.
class Timed {
 public:
  virtual ~Timed() = default;
  Timed() = default;
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;

  /// Does all of it and waits; microseconds that one run took on the device.
  [[nodiscard]] virtual double us() = 0;
};

/// Work that a queue keeps, to do it as often as asked.
class Recording {
 public:
  virtual ~Recording() = default;
  Recording() = default;
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;
};

/// Work in order. Everything but `wait` returns before the work is done.
class Queue {
 public:
  virtual ~Queue() = default;
  Queue() = default;
  Queue(const Queue&) = delete;
  Queue& operator=(const Queue&) = delete;

  virtual void launch(const Job& job) = 0;
  /// Between any two of the device's and the host's memories.
  virtual void copy(std::byte* to, const std::byte* from, std::size_t bytes) = 0;
  virtual void fill_zero(std::byte* memory, std::size_t bytes) = 0;
  virtual void wait() = 0;
  /// What `work` queues, without doing it. Whatever fails leaves the queue as it was.
  [[nodiscard]] virtual std::unique_ptr<Recording> record(const std::function<void()>& work) = 0;
  virtual void replay(const Recording& recording) = 0;
  /// `work` made ready to be timed, `runs` times in a row: recorded, not done.
  [[nodiscard]] virtual std::unique_ptr<Timed> timed(const std::function<void()>& work, int runs) = 0;
  /// After a failure: throws internal where the device is past use (an illegal access, a failed launch), as all that
  /// follows would fail too. What failed otherwise is over, and the next call starts afresh.
  virtual void require_usable() = 0;
};

/// How a convolution multiplies: what it stores is a matter of the element type.
enum class Math : std::uint8_t { fma, tensor };

/// One operation on the result of a convolution or a product, before it is stored.
struct EpilogueStep {
  enum class Kind : std::uint8_t { residual, activation, bounds };

  Kind kind = Kind::activation;
  Activation activation = {};         ///< of an activation
  bool lower = false, upper = false;  ///< of bounds per channel: y = min(max(y, lower), upper)
};

[[nodiscard]] bool adds_residual(const std::vector<EpilogueStep>& epilogue);
/// Part of the key of a problem.
[[nodiscard]] std::string key_of(const std::vector<EpilogueStep>& epilogue);

/// A convolution of values in channels-last with what may follow it in the same call: conv(x) + bias, then the steps
/// of the epilogue in their order. There is at most one residual, and at most one step of bounds.
struct ConvProblem {
  DType type = DType::f32;
  Math math = Math::fma;
  bool transposed = false;
  int images = 1, in_channels = 1, out_channels = 1, groups = 1;
  std::vector<Window> spatial;  ///< two or three dimensions; of a transposed one `input` is the smaller side
  bool bias = false;
  std::vector<EpilogueStep> epilogue = {};

  /// Whether the padding is the same before and behind, in every dimension.
  [[nodiscard]] bool is_symmetric() const;
  /// Identifies the problem in the tuning cache: every member.
  [[nodiscard]] std::string key() const;
};

struct ConvArgs {
  const std::byte* x = nullptr;
  const std::byte* weights = nullptr;  ///< [out][taps][in / groups]; transposed: [in][taps][out / groups]
  const std::byte* bias = nullptr;     ///< [out]
  const std::byte* residual = nullptr;
  const float *lower = nullptr, *upper = nullptr;  ///< [out]
  std::byte* y = nullptr;
  std::byte* workspace = nullptr;
};

using Convolver = Runner<ConvArgs>;

/// A batch of matrix products with what may follow in the same call: y = a b + bias, then the steps of the epilogue.
/// Matrices lie row by row: a [rows][size], b [size][columns], y [rows][columns].
struct ProductProblem {
  DType type = DType::f32;
  Math math = Math::fma;
  int batch = 1, rows = 1, columns = 1, size = 1;
  bool transpose_a = false, transpose_b = false;  ///< a lies as [size][rows], b as [columns][size]
  std::int64_t a_batch = 0, b_batch = 0;          ///< elements from one matrix to the next; 0: there is one for all
  bool bias = false;                              ///< by column
  std::vector<EpilogueStep> epilogue = {};
};

struct ProductArgs {
  const std::byte *a = nullptr, *b = nullptr;
  const std::byte* bias = nullptr;  ///< [columns], of the element type
  const std::byte* residual = nullptr;
  std::byte* y = nullptr;
  std::byte* workspace = nullptr;
};

using Multiplier = Runner<ProductArgs>;

class Backend {
 public:
  virtual ~Backend() = default;
  Backend() = default;
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// "NVIDIA H200, cuDNN 9.19": identifies the machine in the tuning cache.
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] virtual Memory allocate(std::size_t bytes) const = 0;
  /// Memory of the host that the device copies from and to by itself.
  [[nodiscard]] virtual Memory allocate_host(std::size_t bytes) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Queue> make_queue() const = 0;
  /// Who knows ways to compute a convolution within `workspace` bytes, best guess first; empty: nobody. Nothing is
  /// asked or built yet. What is returned does not outlive the backend.
  [[nodiscard]] virtual std::vector<WaySource<ConvArgs>> ways(const ConvProblem& problem,
                                                              std::size_t workspace) const = 0;
  /// The way of this name from its plan, which may be empty, without asking anybody; null: it cannot be told so.
  [[nodiscard]] virtual std::unique_ptr<Convolver> rebuild(const ConvProblem& problem, std::size_t workspace,
                                                           const std::string& name, const std::string& plan) const = 0;
  /// The same for matrix products.
  [[nodiscard]] virtual std::vector<WaySource<ProductArgs>> ways(const ProductProblem& problem,
                                                                 std::size_t workspace) const = 0;
  [[nodiscard]] virtual std::unique_ptr<Multiplier> rebuild(const ProductProblem& problem, std::size_t workspace,
                                                            const std::string& name, const std::string& plan) const = 0;
  /// Whether the device computes 16-bit floats of this type.
  [[nodiscard]] virtual bool has(DType type) const = 0;
};

}  // namespace banoff::gpu
