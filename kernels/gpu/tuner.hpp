// Choosing between ways to compute the same thing by measuring them, once per machine.
#pragma once

#include <map>
#include <mutex>

#include "kernels/gpu/search.hpp"

namespace banoff::gpu {

/// A problem and who knows ways to compute it.
template <class Args>
struct Problem {
  /// Identifies it, its element type and its kind ("conv", "product") among all problems: without tabs and newlines.
  std::string key;
  std::vector<WaySource<Args>> sources;
  /// Makes the way of this name without asking the sources, from its plan or, where that is empty, from the name alone.
  /// Null: nobody knows how. May itself be empty.
  std::function<std::unique_ptr<Runner<Args>>(const std::string& name, const std::string& plan)> rebuild;
  /// Operands to try ways on, without the workspace.
  std::function<Args(TrialMemory&)> operands;
};

template <class Args>
struct Choice {
  std::shared_ptr<const Runner<Args>> runner;
  std::string name;
  double us = 0;  ///< on the device; 0: not measured
};

struct TunerCounts : SearchCounts {
  int remembered = 0;  ///< problems that came again, and got the same computation
};

/// Of a device; every computation that it chose is shared by all of the device's kernels that have the problem.
class Tuner {
 public:
  /// `file` may be empty: then nothing is kept for other processes, no choices and no plans. Without `measure` the
  /// first way that builds and runs is taken, unless the file knows better.
  Tuner(std::shared_ptr<const Backend> backend, std::filesystem::path file, bool measure);

  /// Throws Refused, with the reason of every way, where none builds and runs.
  template <class Args>
  [[nodiscard]] Choice<Args> choose(const Problem<Args>& problem) {
    std::optional<Args> operands;
    const auto run = [&](const Computation& made, TrialMemory& memory, Queue& queue) {
      if (!operands) operands = problem.operands(memory);
      Args args = *operands;
      args.workspace = memory.workspace(made.workspace_bytes());
      static_cast<const Runner<Args>&>(made).run(queue, args);
    };
    std::vector<SourceOf<Computation>> sources;
    for (const WaySource<Args>& source : problem.sources) {
      const auto ask = [&source] {
        std::vector<WayOf<Computation>> candidates;
        for (Way<Args>& way : source.ask()) candidates.push_back({std::move(way.name), std::move(way.make)});
        return candidates;
      };
      sources.push_back({source.name, ask, source.most, source.below});
    }
    Settled settled = settle({problem.key, std::move(sources), problem.rebuild, run});
    return {std::static_pointer_cast<const Runner<Args>>(settled.made), settled.name, settled.us};
  }

  [[nodiscard]] TunerCounts counts() const;

 private:
  [[nodiscard]] Settled settle(const Question& question);
  [[nodiscard]] Settled search(const Question& question);

  std::shared_ptr<const Backend> backend_;
  std::filesystem::path file_;
  bool measure_;
  PlanFiles plans_;
  mutable std::mutex mutex_;  ///< held while ways are timed: they would disturb each other
  TaskPool pool_;
  Tunings known_;
  std::map<std::string, Settled> settled_;  ///< by problem
  TunerCounts counts_;
};

}  // namespace banoff::gpu
