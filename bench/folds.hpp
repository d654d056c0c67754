// One network, folded in every way that is asked for, each once.
#pragma once

#include <deque>
#include <optional>

#include "bench/bench.hpp"

namespace banoff::bench {

/// A network folded one way.
struct Folded {
  Way way;
  std::size_t device = 0;  ///< by whose prices; `optimal` asks for them, for the other methods any will do
  Model model;
  FoldReport report;
  double fold_ms = 0;
  Folding bn;
};

class Folds {
 public:
  Folds(Model model, const FoldOptions& options, std::vector<DeviceOptions> devices);

  /// The network folded this way for the `device`-th device; null where clamps fold no more norms than the same
  /// network had without, which was asked for before.
  [[nodiscard]] const Folded* fold(const Way& way, std::size_t device,
                                   const std::function<void(const std::string&)>& say);
  /// What was folded before, and came to the same network: by other methods, in the order they were asked for.
  [[nodiscard]] std::vector<const Folded*> like(const Folded& folded) const;
  [[nodiscard]] const Model& model() const { return model_; }
  [[nodiscard]] std::int64_t flops() const { return flops_; }

 private:
  [[nodiscard]] const Folded* done(const Way& way, std::size_t device) const;
  [[nodiscard]] bool clamps_add_nothing(const Way& way, std::size_t device) const;
  [[nodiscard]] Folding counts(const FoldReport& report) const;

  Model model_;
  FoldOptions options_;
  std::vector<DeviceOptions> devices_;
  std::deque<Folded> folds_;
  std::int64_t norm_channels_ = 0, flops_ = 0;
};

/// The network where the first dimension of its first input is `batch`: whatever the file calls that size, unless
/// `load` gives it. Throws bad_input where the file has another.
[[nodiscard]] Model load_at(const std::filesystem::path& file, const LoadOptions& load, std::int64_t batch);

}  // namespace banoff::bench
