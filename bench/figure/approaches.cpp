#include "bench/figure/approaches.hpp"

#include <fmt/format.h>

#include <array>

namespace banoff::bench {

namespace {

constexpr std::array folds{Method::none, Method::naive, Method::banoff, Method::optimal};

struct Pruning {
  const char* family;
  PruneMethod method;
  std::vector<double> rates;
};

std::function<Model(const Model&)> pruned_by(PruneMethod method, double rate) {
  return [method, rate](const Model& model) {
    return model.prune({.method = method, .rate = rate, .distance = {}}).first;
  };
}

}  // namespace

std::vector<Approach> figure5_approaches() {
  std::vector<Approach> all;
  for (const Method fold : folds) all.push_back({.family = "none", .setting = "", .fold = fold});
  all.push_back({.family = "none", .setting = "norms fused", .fuse_norms = true});
  const std::array prunings{Pruning{"merge", PruneMethod::merge, {0.05, 0.1, 0.2, 0.3}},
                            Pruning{"k-means", PruneMethod::kmeans, {0.05, 0.1, 0.2, 0.3}},
                            Pruning{"magnitude", PruneMethod::magnitude, {0.3, 0.5}}};
  for (const Pruning& pruning : prunings) {
    for (const double rate : pruning.rates) {
      for (const Method fold : folds) {
        all.push_back({.family = pruning.family,
                       .setting = fmt::format("{:.0f} %", 100 * rate),
                       .fold = fold,
                       .compress = pruned_by(pruning.method, rate)});
      }
    }
  }
  for (const Method fold : folds) all.push_back({.family = "int8", .setting = "", .fold = fold, .integers = true});
  for (const Method fold : folds) {
    all.push_back({.family = "merge, int8",
                   .setting = "5 %",
                   .fold = fold,
                   .compress = pruned_by(PruneMethod::merge, 0.05),
                   .integers = true});
  }
  return all;
}

}  // namespace banoff::bench
