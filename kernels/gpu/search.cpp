#include "kernels/gpu/search.hpp"

#include <algorithm>

#include <fmt/ranges.h>

#include "kernels/gpu/failure.hpp"
#include "kernels/gpu/turns.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::gpu {

Search::Search(const Question& question, const Backend& backend, const PlanFiles& plans, TaskPool& pool,
               SearchCounts& counts)
    : question_(question),
      plans_(plans),
      pool_(pool),
      counts_(counts),
      queue_(backend.make_queue()),
      memory_(backend, *queue_) {}

void Search::reject(const std::string& name, const std::string& reason) {
  queue_->require_usable();
  ++counts_.failed;
  reasons_.push_back(fmt::format("{}: {}", name, reason));
}

std::string Search::reasons() const { return fmt::format("{}", fmt::join(reasons_, "; ")); }

Search::Built Search::build(const WayOf<Computation>& candidate) const {
  Built built;
  built.name = candidate.name;
  if (const auto plan = question_.rebuild ? plans_.read(question_.key, candidate.name) : std::nullopt) {
    built.failure = failure_of([&] { built.made = question_.rebuild(candidate.name, *plan); });
    built.restored = built.made != nullptr;
    built.discarded = !built.restored;
    if (built.restored) return built;
    plans_.remove(question_.key, candidate.name);
  }
  built.failure = failure_of([&] {
    built.made = candidate.make();
    if (built.made == nullptr) fail(ErrorKind::refused, "does not fit");
  });
  return built;
}

void Search::count(const Built& built) {
  counts_.restored += built.restored ? 1 : 0;
  counts_.discarded += built.discarded ? 1 : 0;
  counts_.built += built.made != nullptr && !built.restored ? 1 : 0;
  if (built.made == nullptr) reject(built.name, built.failure);
}

std::vector<Search::Built> Search::build_together(std::vector<WayOf<Computation>> candidates) {
  std::vector<Built> built(candidates.size());
  std::vector<std::function<void()>> tasks;
  for (std::size_t i = 0; i < candidates.size(); ++i)
    tasks.emplace_back([this, &built, &candidates, i] { built[i] = build(candidates[i]); });
  pool_.run(std::move(tasks));
  for (const Built& one : built) count(one);
  std::erase_if(built, [](const Built& one) { return one.made == nullptr; });
  return built;
}

std::vector<WayOf<Computation>> Search::ask(const SourceOf<Computation>& source) {
  ++counts_.asked;
  std::vector<WayOf<Computation>> given;
  const std::string failure = failure_of([&] { given = source.ask(); });
  if (!failure.empty()) reject(source.name, failure);
  // Sources may know the same way.
  std::erase_if(given, [&](const auto& way) { return std::ranges::find(tried_, way.name) != tried_.end(); });
  return given;
}

/// Of each source that is asked as many as it is to give, built in groups until there are so many.
std::vector<Search::Built> Search::all_built() {
  std::vector<Built> all;
  for (const SourceOf<Computation>& source : question_.sources) {
    if (all.size() >= source.below) continue;
    const auto given = ask(source);
    std::size_t next = 0, enough = 0;
    while (next < given.size() && enough < source.most) {
      const std::size_t group = std::min(source.most - enough, given.size() - next);
      const auto from = given.begin() + static_cast<std::ptrdiff_t>(next);
      auto built = build_together({from, from + static_cast<std::ptrdiff_t>(group)});
      for (std::size_t i = 0; i < group; ++i) tried_.push_back(given[next + i].name);
      next += group;
      enough += built.size();
      std::ranges::move(built, std::back_inserter(all));
    }
  }
  return all;
}

bool Search::runs(const Built& built) {
  const std::string failure =
      failure_of([&] { (void)prove(*queue_, [&] { question_.run(*built.made, memory_, *queue_); }); });
  if (!failure.empty()) reject(built.name, failure);
  return failure.empty();
}

Settled Search::settle(Built built, double us) const {
  if (!built.restored) {
    // Not every engine can write its plan; such a way is built anew in every process.
    std::string plan;
    if (failure_of([&] { plan = built.made->plan(); }).empty() && !plan.empty())
      plans_.write(question_.key, built.name, plan);
  }
  return {std::move(built.made), std::move(built.name), us, {}};
}

std::optional<Settled> Search::known(const Tuning& tuning) {
  Built built;
  built.name = tuning.choice;
  if (question_.rebuild) {
    const auto plan = plans_.read(question_.key, tuning.choice);
    built.failure = failure_of([&] { built.made = question_.rebuild(tuning.choice, plan.value_or("")); });
    built.restored = built.made != nullptr;
    built.discarded = plan && !built.restored;
    if (built.discarded) plans_.remove(question_.key, tuning.choice);
    if (built.restored || built.discarded) count(built);
    if (built.restored && runs(built)) return settle(std::move(built), tuning.us);
    if (built.restored) plans_.remove(question_.key, tuning.choice);
  }
  for (const SourceOf<Computation>& source : question_.sources) {
    const auto given = ask(source);
    const auto found = std::ranges::find(given, tuning.choice, &WayOf<Computation>::name);
    if (found == given.end()) continue;
    built = build(*found);
    count(built);
    if (built.made != nullptr && runs(built)) return settle(std::move(built), tuning.us);
    tried_.push_back(tuning.choice);
    return std::nullopt;
  }
  reject(tuning.choice, "chosen before, and not offered any more");
  return std::nullopt;
}

std::optional<Settled> Search::first() {
  for (const SourceOf<Computation>& source : question_.sources) {
    for (const WayOf<Computation>& candidate : ask(source)) {
      Built built = build(candidate);
      count(built);
      tried_.push_back(candidate.name);
      if (built.made != nullptr && runs(built)) return settle(std::move(built), 0);
    }
  }
  return std::nullopt;
}

std::optional<Settled> Search::fastest() {
  std::vector<Built> built = all_built();
  std::vector<std::function<void()>> works;
  for (const Built& one : built)
    works.emplace_back([this, made = one.made.get()] { question_.run(*made, memory_, *queue_); });
  const std::vector<Timing> timings = time_in_turns(*queue_, works);
  counts_.timed += static_cast<int>(works.size());
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < built.size(); ++i) {
    if (!timings[i].failure.empty()) reject(built[i].name, timings[i].failure);
    else if (!best || timings[i].us < timings[*best].us) best = i;
  }
  if (!best) return std::nullopt;
  return settle(std::move(built[*best]), timings[*best].us);
}

}  // namespace banoff::gpu
