#include "bench/candidates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <tuple>

#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// A network folded one way, and what it takes to know whether another way came to the same.
struct Folded {
  Way way;
  std::size_t device = 0;  ///< by whose prices; `optimal` asks for them, for the other methods any will do
  Model model;
  FoldReport report;
  double fold_ms = 0;
};

bool same_norms(const FoldReport& a, const FoldReport& b) {
  return std::ranges::equal(a.norms, b.norms, [](const FoldedNorm& x, const FoldedNorm& y) {
    return x.folded == y.folded && x.clamp == y.clamp && x.into == y.into && x.inverse == y.inverse;
  });
}

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

/// 100 x 2 x channels of all batch norms / trainable parameters.
double norm_percent(const std::vector<LayerInfo>& layers, std::int64_t trainable) {
  std::int64_t channels = 0;
  for (const LayerInfo& layer : layers) {
    if (layer.op == "batch_norm") channels += layer.outputs.front().shape[1];
  }
  return trainable == 0 ? 0 : 100 * 2 * static_cast<double>(channels) / static_cast<double>(trainable);
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

class Preparation {
 public:
  Preparation(const BenchOptions& options, const std::function<void(const std::string&)>& say)
      : options_(options), say_(say), devices_(devices_of(options)) {}

  std::vector<Candidate> all() {
    for (const auto& file : options_.models) {
      for (const std::int64_t batch : options_.batches) add_model(file, batch);
    }
    return std::move(candidates_);
  }

 private:
  void add_model(const std::filesystem::path& file, std::int64_t batch) {
    Result row;
    const Model model = at_batch(file, batch, row.load_ms);
    row.model = model.name();
    row.batch = batch;
    const std::vector<LayerInfo> layers = model.layers();
    for (const LayerInfo& layer : layers) row.flops += layer.flops;
    folds_.clear();
    expected_.clear();
    std::set<std::tuple<Method, Activations, std::size_t>> complete;  // where no norm is left, and on which device
    for (const Way& way : options_.ways) {
      for (std::size_t at = 0; at < devices_.size(); ++at) {
        const Folded* folded = fold(model, way, at);
        if (folded == nullptr) continue;
        tell(*folded, layers, row);
        const bool none_left = row.bn.folded == row.bn.total;
        // Nothing to fuse: the same network again.
        if (none_left && !complete.emplace(way.method, way.activations, at).second) continue;
        row.norms = none_left ? "-" : way.norms == Norms::fused ? "fused" : "separate";
        add(*folded, way, at, row);
      }
    }
  }

  static void tell(const Folded& folded, const std::vector<LayerInfo>& layers, Result& row) {
    const FoldReport& r = folded.report;
    row.method = name_of(folded.way.method);
    row.activations = folded.way.method == Method::optimal ? name_of(folded.way.activations) : "";
    row.bn = {r.norms.size(),
              r.folded(),
              r.folded_with_clamp(),
              r.parameters_before,
              r.parameters_after,
              r.trainable_before,
              r.trainable_after,
              r.removed_percent_paper,
              norm_percent(layers, r.trainable_before)};
    row.fold_ms = folded.fold_ms;
  }

  /// The network where the first dimension of its first input is `batch`: whatever the file calls that size, unless
  /// --shape gives it.
  Model at_batch(const std::filesystem::path& file, std::int64_t batch, double& load_ms) const {
    const LoadOptions& load = options_.load;
    const auto start = Clock::now();
    const Model model = Model::load(file, load);
    load_ms = since(start);
    TensorInfo input = model.inputs().front();
    const std::int64_t size = input.shape.rank() == 0 ? 1 : input.shape[0];
    const std::string symbol = input.symbols.empty() ? "" : input.symbols[0];
    if (size == batch || load.symbols.contains(symbol) || load.shapes.contains(input.name)) return model;
    if (symbol.empty()) {
      fail_input("{}: no batch of {}: input '{}' has a first dimension of {} in the file (--batch {})", file.string(),
                 batch, input.name, size, size);
    }
    input.shape[0] = batch;
    return model.at({{input.name, input.shape}});
  }

  /// Null where clamps fold no more norms than the same network had without, which was there before.
  const Folded* fold(const Model& model, const Way& way, std::size_t at) {
    for (const Folded& done : folds_) {
      const bool optimal = way.method == Method::optimal && done.way.method == Method::optimal && done.device == at;
      const bool same = optimal ? done.way.activations == way.activations
                                : way.method != Method::optimal && done.way.method == way.method;
      if (same) return &done;
      const bool literal = optimal && done.way.activations == Activations::literal;
      if (literal && done.report.folded_clamp == done.report.folded_literal) return nullptr;
    }
    say_(fmt::format("{}: folding ({})", model.name(), name_of(way.method)));
    FoldOptions fold = options_.fold;
    fold.method = way.method;
    fold.activations = way.activations;
    fold.self_check = false;  // `fold` and `verify` check; here its time would be counted as folding
    DeviceOptions device = devices_[at];
    device.fuse_norms = true;  // one network, whatever becomes of the norms that stay
    const auto begin = Clock::now();
    auto [folded, report] = model.fold(fold, device);
    folds_.push_back({way, at, std::move(folded), std::move(report), since(begin)});
    return &folds_.back();
  }

  /// The method whose network this is as well, if it was timed with these norms.
  [[nodiscard]] std::string same_as(const Folded& folded, const Result& row) const {
    for (const Folded& other : folds_) {
      if (&other == &folded) break;
      if (other.way.method == Method::optimal && other.device != folded.device) continue;
      if (!same_norms(other.report, folded.report)) continue;
      for (const Candidate& timed : candidates_) {
        const Result& r = timed.result;
        if (r.model == row.model && r.batch == row.batch && r.method == name_of(other.way.method) &&
            r.norms == row.norms && r.device == row.device && r.threads == row.threads && timed.session)
          return r.method;
      }
    }
    return "";
  }

  void add(const Folded& folded, const Way& way, std::size_t at, Result row) {
    if (!options_.timed) {
      candidates_.push_back({std::move(row), nullptr, {}});
      return;
    }
    DeviceOptions device = devices_[at];
    device.fuse_norms = way.norms == Norms::fused;
    row.device = device.name;
    add_candidate(folded, device, std::move(row));
  }

  void add_candidate(const Folded& folded, const DeviceOptions& device, Result row) {
    const CompiledModel compiled = CompiledModel::compile(folded.model, device);
    row.threads = compiled.info().threads;
    row.compile_ms = compiled.info().compile_ms;
    row.arena_bytes = compiled.info().arena_bytes;
    row.weight_bytes = compiled.info().weight_bytes;
    auto session = std::make_unique<Session>(compiled);
    const Tensors inputs = folded.model.random_inputs(1);
    const auto start = Clock::now();
    Tensors outputs = session->run(inputs);
    row.first_run_ms = since(start);
    Tensors& expected = expected_[fmt::format("{}:{}", row.device, row.threads)];
    if (row.method == "none" && expected.empty()) expected = std::move(outputs);
    else if (!expected.empty()) row.difference = difference(expected, outputs);
    if (options_.quick) row.same_as = same_as(folded, row);
    if (!row.same_as.empty()) session.reset();
    candidates_.push_back({std::move(row), std::move(session), compiled.info()});
  }

  const BenchOptions& options_;
  const std::function<void(const std::string&)>& say_;
  std::vector<DeviceOptions> devices_;
  std::vector<Candidate> candidates_;
  std::vector<Folded> folds_;                ///< of the network at hand
  std::map<std::string, Tensors> expected_;  ///< its outputs unfolded, by device and threads
};

}  // namespace

std::vector<Candidate> candidates(const BenchOptions& options, const std::function<void(const std::string&)>& say) {
  return Preparation(options, say).all();
}

}  // namespace banoff::bench
