#include "bench/folds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

bool same_norms(const FoldReport& a, const FoldReport& b) {
  return std::ranges::equal(a.norms, b.norms, [](const FoldedNorm& x, const FoldedNorm& y) {
    return x.folded == y.folded && x.clamp == y.clamp && x.into == y.into && x.inverse == y.inverse;
  });
}

}  // namespace

Folds::Folds(Model model, const FoldOptions& options, std::vector<DeviceOptions> devices)
    : model_(std::move(model)), options_(options), devices_(std::move(devices)) {
  for (const LayerInfo& layer : model_.layers()) {
    flops_ += layer.flops;
    if (layer.op == "batch_norm") norm_channels_ += layer.outputs.front().shape[1];
  }
}

const Folded* Folds::done(const Way& way, std::size_t device) const {
  const auto found = std::ranges::find_if(folds_, [&](const Folded& each) {
    if (each.way.method != way.method) return false;
    if (in_integers(devices_[each.device]) != in_integers(devices_[device])) return false;
    return way.method != Method::optimal || (each.device == device && each.way.activations == way.activations);
  });
  return found == folds_.end() ? nullptr : &*found;
}

bool Folds::clamps_add_nothing(const Way& way, std::size_t device) const {
  if (way.activations == Activations::literal) return false;
  const Folded* literal = done({way.method, Activations::literal, way.norms}, device);
  return way.method == Method::optimal && literal != nullptr &&
         literal->report.folded_clamp == literal->report.folded_literal;
}

const Folded* Folds::fold(const Way& way, std::size_t device, const std::function<void(const std::string&)>& say) {
  if (const Folded* found = done(way, device)) return found;
  if (clamps_add_nothing(way, device)) return nullptr;
  say(fmt::format("{}: folding ({})", model_.name(), name_of(way.method)));
  FoldOptions options = options_;
  options.method = way.method;
  options.activations = way.activations;
  options.self_check = false;  // `fold` and `verify` check; here its time would be counted as folding
  DeviceOptions prices = devices_[device];
  prices.fuse_norms = true;  // one network, whatever becomes of the norms that stay
  const auto start = std::chrono::steady_clock::now();
  auto [model, report] = fold_for(model_, options, prices);
  const double ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const Folding bn = counts(report);
  folds_.push_back({way, device, std::move(model), std::move(report), ms, bn});
  return &folds_.back();
}

std::vector<const Folded*> Folds::like(const Folded& folded) const {
  std::vector<const Folded*> result;
  for (const Folded& other : folds_) {
    if (&other == &folded) break;
    const bool this_device =
        other.device == folded.device || (other.way.method != Method::optimal &&
                                          in_integers(devices_[other.device]) == in_integers(devices_[folded.device]));
    if (this_device && same_norms(other.report, folded.report)) result.push_back(&other);
  }
  return result;
}

Folding Folds::counts(const FoldReport& r) const {
  const auto trainable = static_cast<double>(r.trainable_before);
  return {r.norms.size(),
          r.folded(),
          r.folded_with_clamp(),
          r.parameters_before,
          r.parameters_after,
          r.trainable_before,
          r.trainable_after,
          r.removed_percent_paper,
          trainable == 0 ? 0 : 100 * 2 * static_cast<double>(norm_channels_) / trainable};
}

Model load_at(const std::filesystem::path& file, const LoadOptions& load, std::int64_t batch) {
  Model model = Model::load(file, load);
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

}  // namespace banoff::bench
