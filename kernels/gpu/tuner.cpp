#include "kernels/gpu/tuner.hpp"

#include "kernels/region.hpp"

namespace banoff::gpu {

namespace {

constexpr std::size_t most_builders = 8;  // threads: each holds a handle of the library

}  // namespace

Tuner::Tuner(std::shared_ptr<const Backend> backend, std::filesystem::path file, bool measure)
    : backend_(std::move(backend)),
      file_(std::move(file)),
      measure_(measure),
      plans_(plan_folder(file_), backend_->name()),
      pool_(most_builders) {
  if (!file_.empty()) known_ = read_tunings(file_, backend_->name());
}

TunerCounts Tuner::counts() const {
  const std::scoped_lock lock(mutex_);
  return counts_;
}

Settled Tuner::settle(const Question& question) {
  const std::scoped_lock lock(mutex_);
  auto found = settled_.find(question.key);
  if (found != settled_.end()) ++counts_.remembered;
  else found = settled_.emplace(question.key, search(question)).first;
  if (found->second.made == nullptr) throw Refused{found->second.reasons};
  return found->second;
}

Settled Tuner::search(const Question& question) {
  Search search(question, *backend_, plans_, pool_, counts_);
  if (const auto known = known_.find(question.key); known != known_.end()) {
    if (auto settled = search.known(known->second)) return *std::move(settled);
    known_.erase(known);
  }
  auto settled = measure_ ? search.fastest() : search.first();
  if (!settled) {
    const std::string reasons = search.reasons();
    const std::string none = "no way to compute " + question.key;
    return {nullptr, {}, 0, reasons.empty() ? none : none + ": " + reasons};
  }
  if (measure_) {
    known_[question.key] = {settled->name, settled->us};
    if (!file_.empty()) write_tunings(file_, backend_->name(), known_);
  }
  return *std::move(settled);
}

}  // namespace banoff::gpu
