// The batch norms chosen so far, as relations between classes, with a way back.
#pragma once

#include <optional>
#include <vector>

#include "folding/optimal/problem.hpp"
#include "folding/optimal/sums.hpp"

namespace banoff::gauge {

/// Weighted union-find over scale classes (s = ratio * s_root) and offset classes (o = factor * o_root + plus), without
/// path compression, so that every step can be undone.
class State {
 public:
  explicit State(const Problem& problem);

  /// Relates the classes of every channel. False, and nothing changed, where scales, signs or offsets contradict.
  bool add(const Item& item);
  /// Sets an offset class to a value; false, and nothing changed, if it has another.
  bool fix(ClassId offset, double value);
  /// Whether the sums can hold together with everything added.
  [[nodiscard]] bool satisfies(const std::vector<OffsetSum>& sums) const { return solve(equations(sums)).has_value(); }
  /// The sums as equations between the roots that have no value yet.
  [[nodiscard]] std::vector<Equation> equations(const std::vector<OffsetSum>& sums) const;

  /// Channels related so far, kept or not: what a search costs.
  [[nodiscard]] std::int64_t work() const { return work_; }
  /// A moment to come back to.
  struct Moment {
    std::size_t scales = 0, offsets = 0;
  };
  [[nodiscard]] Moment now() const { return {scale_trail_.size(), offset_trail_.size()}; }
  void back_to(const Moment& then);
  /// What was added so far stays: there is no way back before it.
  void settle() { scale_trail_.clear(), offset_trail_.clear(); }

  struct Scale {
    ClassId root;
    double ratio;
  };
  struct Offset {
    ClassId root;
    double factor, plus;
  };
  [[nodiscard]] Scale scale(ClassId id) const;
  [[nodiscard]] Offset offset(ClassId id) const;
  /// +1 or -1 where the sign of a root's scale is decided, else 0.
  [[nodiscard]] int sign_of(ClassId root) const { return scales_[static_cast<std::size_t>(root)].sign; }
  /// The value of a root's offset, where it is decided.
  [[nodiscard]] std::optional<double> value_of(ClassId root) const {
    return offsets_[static_cast<std::size_t>(root)].value;
  }

 private:
  struct ScaleNode {
    ClassId parent = none;
    double ratio = 1;
    std::int32_t size = 1;
    int sign = 0;
  };
  struct OffsetNode {
    ClassId parent = none;
    double factor = 1, plus = 0;
    std::int32_t size = 1;
    std::optional<double> value;
  };
  [[nodiscard]] ScaleNode& change_scale(ClassId id);
  [[nodiscard]] OffsetNode& change_offset(ClassId id);
  bool relate(const Channel& channel);
  bool relate_scales(const Channel& channel);
  bool relate_offsets(const Channel& channel);
  bool set_value(ClassId root, double value, double size);

  std::vector<ScaleNode> scales_;
  std::vector<OffsetNode> offsets_;
  std::vector<std::pair<ClassId, ScaleNode>> scale_trail_;  ///< nodes as they were before each change
  std::vector<std::pair<ClassId, OffsetNode>> offset_trail_;
  std::int64_t work_ = 0;
};

}  // namespace banoff::gauge
