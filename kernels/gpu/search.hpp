// The search for a way to compute one problem.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kernels/gpu/plan_files.hpp"
#include "kernels/gpu/task_pool.hpp"
#include "kernels/gpu/trial_memory.hpp"
#include "kernels/gpu/tuning_file.hpp"
#include "kernels/gpu/way.hpp"

namespace banoff::gpu {

/// A problem, whatever its computations work on.
struct Question {
  std::string key;
  std::vector<SourceOf<Computation>> sources;
  std::function<std::unique_ptr<Computation>(const std::string& name, const std::string& plan)> rebuild;
  std::function<void(const Computation&, TrialMemory&, Queue&)> run;  ///< queues it on operands of its own
};

/// What became of a problem: a computation, or none.
struct Settled {
  std::shared_ptr<const Computation> made;
  std::string name;
  double us = 0;        ///< 0: not measured
  std::string reasons;  ///< why there is none
};

struct SearchCounts {
  int asked = 0;      ///< sources
  int built = 0;      ///< computations made anew
  int restored = 0;   ///< made from plans of another process
  int discarded = 0;  ///< plans of another process that turned out to be of no use
  int failed = 0;     ///< ways that do not build or do not run
  int timed = 0;      ///< ways
};

/// Of the calling thread; only building uses the pool. Throws only where the device is past use.
class Search {
 public:
  Search(const Question& question, const Backend& backend, const PlanFiles& plans, TaskPool& pool,
         SearchCounts& counts);

  /// The way that was chosen before, if it still builds and runs.
  [[nodiscard]] std::optional<Settled> known(const Tuning& tuning);
  /// The first that builds and runs.
  [[nodiscard]] std::optional<Settled> first();
  /// The fastest of those that build and run.
  [[nodiscard]] std::optional<Settled> fastest();

  /// Why every way that was tried is none.
  [[nodiscard]] std::string reasons() const;

 private:
  struct Built {
    std::string name;
    std::unique_ptr<Computation> made;
    std::string failure;
    bool restored = false, discarded = false;
  };
  [[nodiscard]] Built build(const WayOf<Computation>& candidate) const;
  [[nodiscard]] std::vector<Built> build_together(std::vector<WayOf<Computation>> candidates);
  [[nodiscard]] std::vector<WayOf<Computation>> ask(const SourceOf<Computation>& source);
  [[nodiscard]] std::vector<Built> all_built();
  [[nodiscard]] bool runs(const Built& built);
  [[nodiscard]] Settled settle(Built built, double us) const;
  void count(const Built& built);
  void reject(const std::string& name, const std::string& reason);

  const Question& question_;
  const PlanFiles& plans_;
  TaskPool& pool_;
  SearchCounts& counts_;
  std::unique_ptr<Queue> queue_;
  TrialMemory memory_;
  std::vector<std::string> tried_;    ///< names
  std::vector<std::string> reasons_;  ///< "name: reason"
};

}  // namespace banoff::gpu
