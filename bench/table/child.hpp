// Work in a process of its own: its memory is its own, and when it dies nothing else does.
#pragma once

#include <functional>
#include <string>

namespace banoff::bench {

/// What a child may tell while it works.
struct Ears {
  std::function<void(const std::string&)> say;
  std::function<void(double)> progress;
};

struct ChildResult {
  std::string text;      ///< what the work returned
  long peak_rss_kb = 0;  ///< the process's largest resident set, by the kernel's count
};

/// Forks, runs `work` in the child, and hands on what it tells. Throws the Error that `work` threw, and `refused` when
/// a signal ended the child (as when memory runs out). This process must not have used OpenMP, whose threads do not
/// survive a fork, nor have asked for a GPU (machine(), device_names()): CUDA does not either.
[[nodiscard]] ChildResult in_child(const std::function<std::string(const Ears&)>& work, const Ears& ears);

}  // namespace banoff::bench
