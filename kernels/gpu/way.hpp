// Ways to compute a problem: named candidates, built only when they are to be tried. A problem is a convolution, a
// matrix product or whatever else has several; `Args` is the struct of pointers that its computations work on.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace banoff::gpu {

class Queue;

/// What computes one problem, ready to run: a library's plan, or jobs of the device's own. Kernels of equal problems
/// share it, and any number of threads run it.
class Computation {
 public:
  virtual ~Computation() = default;
  Computation() = default;
  Computation(const Computation&) = delete;
  Computation& operator=(const Computation&) = delete;

  [[nodiscard]] virtual std::size_t workspace_bytes() const = 0;
  /// Text from which another process makes it faster than anew; empty: there is none.
  [[nodiscard]] virtual std::string plan() const { return {}; }
};

/// A computation on `Args`, which has a member `workspace`: memory of workspace_bytes().
template <class Args>
class Runner : public Computation {
 public:
  virtual void run(Queue& queue, const Args& args) const = 0;
};

template <class Made>
struct WayOf {
  /// The same for the same way in every process, so that a choice can be kept: no tabs and no newlines.
  std::string name;
  /// May take a second, and is called by several threads at a time for different candidates. Throws, or returns null,
  /// where the way does not fit: the exception's text is the reason.
  std::function<std::unique_ptr<Made>()> make;
};

inline constexpr std::size_t no_limit = std::numeric_limits<std::size_t>::max();

/// Who knows candidates, asked once for a problem, best guess first. Throws where it has none to say why.
template <class Made>
struct SourceOf {
  std::string name;  ///< for messages: "cuDNN's heuristics"
  std::function<std::vector<WayOf<Made>>()> ask;
  std::size_t most = no_limit;   ///< so many that can be built are enough of this source
  std::size_t below = no_limit;  ///< asked only where the sources before have fewer than this many that can be built
};

template <class Args>
using Way = WayOf<Runner<Args>>;
template <class Args>
using WaySource = SourceOf<Runner<Args>>;

}  // namespace banoff::gpu
