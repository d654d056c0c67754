#include "bench/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "bench/folds.hpp"

namespace banoff::bench {

namespace {

using Time = std::chrono::steady_clock;

double since(Time::time_point start) { return std::chrono::duration<double, std::milli>(Time::now() - start).count(); }

/// The worst of all outputs. A NaN stays: outputs of different sizes have no distance.
Difference difference(const Tensors& expected, const Tensors& actual) {
  Difference worst;
  try {
    for (const OutputError& error : compare(expected, actual)) {
      worst.max_abs = std::max(worst.max_abs, error.max_abs_error);
      worst.mean_abs = std::max(worst.mean_abs, error.mean_abs_error);
      worst.max_relative = std::max(worst.max_relative, error.max_relative_error);
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::check_failed) throw;
    worst.max_abs = worst.mean_abs = worst.max_relative = std::numeric_limits<double>::quiet_NaN();
  }
  return worst;
}

/// Every device with every number of threads; where nothing is timed, the first alone.
std::vector<DeviceOptions> devices_of(const BenchOptions& options) {
  std::vector<DeviceOptions> devices;
  for (const std::string& name : options.devices) {
    for (const int threads : options.threads) {
      devices.push_back({.name = name,
                         .threads = threads,
                         .isa = name == "cpu" ? options.isa : "",
                         .exact_convolutions = options.exact_convolutions});
    }
  }
  if (!options.timed) devices.resize(1);
  return devices;
}

/// The candidates of one network at one batch size.
class Preparation {
 public:
  Preparation(const BenchOptions& options, Folds& folds, Result row)
      : options_(options), folds_(folds), row_(std::move(row)), devices_(devices_of(options)) {}

  void add_all(const std::function<void(const std::string&)>& say, std::vector<Candidate>& candidates) {
    std::set<std::tuple<Method, Activations, std::size_t>> complete;  // where no norm is left, and on which device
    for (const Way& way : options_.ways) {
      for (std::size_t at = 0; at < devices_.size(); ++at) {
        const Folded* folded = folds_.fold(way, at, say);
        if (folded == nullptr) continue;
        const bool none_left = folded->bn.folded == folded->bn.total;
        // Nothing to fuse: the same network again.
        if (none_left && !complete.emplace(way.method, way.activations, at).second) continue;
        Result row = row_;
        row.method = name_of(way.method);
        row.activations = way.method == Method::optimal ? name_of(way.activations) : "";
        row.bn = folded->bn;
        row.fold_ms = folded->fold_ms;
        row.norms = none_left ? "-" : way.norms == Norms::fused ? "fused" : "separate";
        if (options_.timed) add(*folded, way.norms, devices_[at], std::move(row), candidates);
        else candidates.push_back({std::move(row), nullptr, {}});
      }
    }
  }

 private:
  /// The method whose network this is as well, if it is timed with these norms on this device.
  [[nodiscard]] std::string timed_as(const Folded& folded, const Result& row,
                                     const std::vector<Candidate>& candidates) const {
    for (const Folded* other : folds_.like(folded)) {
      for (const Candidate& timed : candidates) {
        const Result& r = timed.result;
        if (timed.session && r.model == row.model && r.batch == row.batch && r.method == name_of(other->way.method) &&
            r.norms == row.norms && r.device == row.device && r.threads == row.threads)
          return r.method;
      }
    }
    return "";
  }

  void add(const Folded& folded, Norms norms, DeviceOptions device, Result row, std::vector<Candidate>& candidates) {
    device.fuse_norms = norms == Norms::fused;
    const CompiledModel compiled = CompiledModel::compile(folded.model, device);
    const PlanInfo& plan = compiled.info();
    row.device = device.name;
    row.threads = plan.threads;
    row.clock = clock_for(row.device, row.threads);
    row.compile_ms = plan.compile_ms;
    row.arena_bytes = plan.arena_bytes;
    row.weight_bytes = plan.weight_bytes;
    row.kernels = plan.steps.size();
    for (const StepInfo& step : plan.steps) row.bytes_moved += step.bytes;
    auto session = std::make_unique<Session>(compiled);
    const Tensors inputs = folded.model.random_inputs(1);
    const auto start = Time::now();
    Tensors outputs = session->run(inputs);
    row.first_run_ms = since(start);
    Tensors& expected = expected_[fmt::format("{}:{}", row.device, row.threads)];
    if (row.method == "none" && expected.empty()) expected = std::move(outputs);
    else if (!expected.empty()) row.difference = difference(expected, outputs);
    row.same_as = timed_as(folded, row, candidates);
    if (!row.same_as.empty()) session.reset();
    candidates.push_back({std::move(row), std::move(session), plan});
  }

  const BenchOptions& options_;
  Folds& folds_;
  Result row_;
  std::vector<DeviceOptions> devices_;
  std::map<std::string, Tensors> expected_;  ///< the outputs unfolded, by device and threads
};

}  // namespace

std::vector<Candidate> candidates(const BenchOptions& options, const std::function<void(const std::string&)>& say) {
  std::vector<Candidate> all;
  for (const auto& file : options.models) {
    for (const std::int64_t batch : options.batches) {
      Result row;
      const auto start = Time::now();
      Folds folds(load_at(file, options.load, batch), options.fold, devices_of(options));
      row.load_ms = since(start);
      row.model = folds.model().name();
      row.batch = batch;
      row.flops = folds.flops();
      Preparation(options, folds, std::move(row)).add_all(say, all);
    }
  }
  return all;
}

}  // namespace banoff::bench
