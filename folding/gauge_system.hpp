// What the ops of a graph demand of the gauges of the values between them.
//
// Every value has one gauge variable per channel. Which elements form a channel is written in flat (row-major) element
// indices, so that reshapes and flattens change nothing: element f of a value belongs to channel (f / inner) % extent.
#pragma once

#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "folding/gauge.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff::gauge {

using VarId = std::int32_t;

/// Disjoint sets over variables whose members can be listed.
class Classes {
 public:
  VarId add();
  [[nodiscard]] VarId root(VarId var) const;
  bool unite(VarId a, VarId b);
  template <class F>
  void for_members(VarId var, F&& f) const {
    VarId at = var;
    do {
      f(at);
      at = next_[static_cast<std::size_t>(at)];
    } while (at != var);
  }

 private:
  mutable std::vector<VarId> parent_;  // negative: a root, minus its size
  std::vector<VarId> next_;            // members of a class form a ring
};

/// Why a variable may not move freely, and the node or tensor that says so.
struct Mark {
  Blocker blocker = Blocker::none;
  std::string witness;
};

/// sum of coefficient * shift(variable) = 0; all variables have one scale.
using Sum = std::vector<std::pair<double, VarId>>;

/// What gauges may cross, and what they may make of the ops they cross. As it stands: an activation stops them.
struct Policy {
  bool cross_activations = false;  ///< piecewise linear activations let through what leaves them as they are
  bool clamps = false;             ///< ... and anything else, becoming clamps and kinked activations
  std::set<NodeId> borders;        ///< zero-padded convs that may be given a padding value per channel
};

class System {
 public:
  /// Collects the demands of every op (gauge_rules.cpp). `types` are the graph's inferred types.
  System(const Graph& graph, const std::vector<TensorType>& types, Policy policy = {});

  [[nodiscard]] const Graph& graph() const noexcept { return *graph_; }
  [[nodiscard]] const Policy& policy() const noexcept { return policy_; }
  [[nodiscard]] const TensorType& type(ValueId value) const { return (*types_)[static_cast<std::size_t>(value)]; }
  [[nodiscard]] const Shape& shape(ValueId value) const { return type(value).shape; }
  [[nodiscard]] std::size_t variables() const noexcept { return pin_.size(); }
  /// Whether sizes of the network's inputs behind the channels are open: what holds must hold for all of them.
  [[nodiscard]] bool open_in_space() const noexcept { return open_in_space_; }
  /// Types where every open size is another; none where there is none or they cannot all be.
  [[nodiscard]] const std::optional<std::vector<TensorType>>& types_elsewhere() const noexcept { return elsewhere_; }

  // Building.
  /// Gives `value` new variables, one per index along `axis`.
  void make(ValueId value, std::size_t axis);
  /// Gives `value` one new variable for all of its elements, or one for each.
  void make_whole(ValueId value);
  void make_elements(ValueId value);
  /// Lets `value` share another one's variables element for element (same flat order).
  void share(ValueId value, ValueId source);
  /// Gives `value` the variables `vars` along `axis`.
  void follow(ValueId value, std::size_t axis, const std::vector<VarId>& vars) { follow(value, axis, axis + 1, vars); }
  /// The same, the indices running over the axes [begin, end).
  void follow(ValueId value, std::size_t begin, std::size_t end, const std::vector<VarId>& vars);
  /// The variable of every index along `axis`, after making the gauge constant along all other axes.
  std::vector<VarId> tie_along(ValueId value, std::size_t axis);
  void equal(VarId a, VarId b);  ///< same scale and shift
  void equal_scale(VarId a, VarId b);
  void sum(Sum terms);                        ///< the first term's variable belongs to no other sum's first term
  void pin(ValueId value, const Mark& mark);  ///< identity gauge
  void zero_shift(ValueId value, const Mark& mark);
  void positive(ValueId value, const Mark& mark);
  /// The activation (or padded conv) that reads `value` stays what it is under a positive scale without a shift.
  void prefer_plain(ValueId value) { plain_.push_back(value); }
  /// Two values become one: a batch norm between them was removed.
  void merge(ValueId a, ValueId b);

  // Reading.
  /// The variable of every index along `axis`; the gauge must be constant along the others (tie_along saw to it).
  [[nodiscard]] std::vector<VarId> along(ValueId value, std::size_t axis) const;
  /// The axis whose indices are the channels of `value`; 1 (or 0) where no single axis is.
  [[nodiscard]] std::size_t axis_of(ValueId value) const;
  /// Whether every index along `axis` has one variable as it is.
  [[nodiscard]] bool uniform_along(ValueId value, std::size_t axis) const;
  [[nodiscard]] const std::vector<ValueId>& plain() const noexcept { return plain_; }
  /// Every variable of a value, once.
  [[nodiscard]] std::pair<VarId, VarId> range(ValueId value) const;
  /// The variable of one element.
  [[nodiscard]] VarId of_element(ValueId value, std::int64_t flat) const;
  [[nodiscard]] std::int64_t inner(ValueId value) const { return at(value).inner; }
  [[nodiscard]] const Classes& scales() const noexcept { return scales_; }
  [[nodiscard]] const Classes& gauges() const noexcept { return gauges_; }
  [[nodiscard]] const Mark* pinned(VarId var) const { return mark(pin_, var); }
  [[nodiscard]] const Mark* shift_fixed(VarId var) const { return mark(zero_, var); }
  [[nodiscard]] const Mark* sign_fixed(VarId var) const { return mark(positive_, var); }
  [[nodiscard]] const Sum* sum_at(VarId var) const;
  [[nodiscard]] const std::vector<Sum>& sums() const noexcept { return sums_; }

 private:
  struct Channels {
    VarId first = none;
    std::int64_t extent = 1;
    std::int64_t inner = 1;
  };
  [[nodiscard]] const Channels& at(ValueId value) const { return channels_[static_cast<std::size_t>(value)]; }
  [[nodiscard]] const Mark* mark(const std::vector<std::int32_t>& of, VarId var) const;
  void set_marks(std::vector<std::int32_t>& of, ValueId value, const Mark& mark);
  VarId new_vars(std::int64_t count);
  template <class F>
  void visit(ValueId value, std::size_t axis, F&& f) const;

  const Graph* graph_;
  const std::vector<TensorType>* types_;
  Policy policy_;
  bool open_in_space_ = false;
  std::optional<std::vector<TensorType>> elsewhere_;
  std::vector<Channels> channels_;  // by ValueId
  Classes scales_, gauges_;
  std::vector<std::int32_t> pin_, zero_, positive_, sum_at_;  // by VarId: an index below, or none
  std::vector<Mark> marks_;
  std::vector<Sum> sums_;
  std::vector<ValueId> plain_;
};

/// Emits what one node demands (one overload per op).
void constrain(System& system, const Node& node);

}  // namespace banoff::gauge
