#include "folding/report.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "runtime/core/by_enum.hpp"
#include "runtime/core/fail.hpp"

namespace banoff {

namespace {

constexpr std::array<std::string_view, 4> method_names{"none", "naive", "banoff", "optimal"};
constexpr std::array<std::string_view, 3> activations_names{"literal", "clamp", "auto"};
constexpr std::array<std::string_view, 2> objective_names{"bytes", "count"};

/// The enumerator whose name is at its place in `names`.
template <class E, std::size_t N>
E named(const std::array<std::string_view, N>& names, std::string_view what, std::string_view name) {
  const auto* found = std::ranges::find(names, name);
  if (found == names.end()) fail_usage("unknown {} '{}' (known: {})", what, name, fmt::join(names, ", "));
  return static_cast<E>(found - names.begin());
}

/// A blocker's name and what it says about the node that blocks, {}.
struct BlockerRow {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<BlockerRow, 12> blocker_rows{{
    {"none", ""},
    {"activation", "'{}' is not affine"},
    {"branch", "'{}' branches off"},
    {"padding", "the shift would have to cross the zero padding of '{}'"},
    {"sign", "a negative scale cannot cross '{}'"},
    {"zero_scale", "gamma is 0 and '{}' needs the inverse"},
    {"graph_output", "'{}' is an input or output of the graph"},
    {"unsupported_op", "nothing affine is known of '{}'"},
    {"product", "'{}' multiplies two tensors"},
    {"conflict", "the scale meets another channel's or comes back to this norm's other side"},
    {"amplification", "'{}' would magnify rounding errors beyond the limit"},
    {"self_check", "the fold was tried and undone: '{}' did not compute the same"},
}};

const BlockerRow& row_of(Blocker blocker) { return row_for(blocker_rows, blocker); }

std::string sentence(const gauge::Refused& refused) {
  const std::string text = fmt::format(fmt::runtime(row_of(refused.blocker).sentence), refused.witness);
  return refused.details.empty() ? text : fmt::format("{} ({})", text, refused.details);
}

std::string quoted(const std::vector<std::string>& names) { return fmt::format("'{}'", fmt::join(names, "', '")); }

}  // namespace

std::string_view name_of(Method method) noexcept { return row_for(method_names, method); }
std::string_view name_of(Activations each) noexcept { return row_for(activations_names, each); }
std::string_view name_of(Objective objective) noexcept { return row_for(objective_names, objective); }

Method method_named(std::string_view name) { return named<Method>(method_names, "method", name); }
Activations activations_named(std::string_view name) {
  return named<Activations>(activations_names, "way with activations", name);
}
Objective objective_named(std::string_view name) { return named<Objective>(objective_names, "objective", name); }

std::string_view name_of(Blocker blocker) noexcept { return row_for(blocker_rows, blocker).name; }

std::size_t FoldReport::folded() const {
  return static_cast<std::size_t>(std::ranges::count(norms, true, &FoldedNorm::folded));
}

std::size_t FoldReport::folded_with_clamp() const {
  return static_cast<std::size_t>(std::ranges::count(norms, true, &FoldedNorm::clamp));
}

void count_parameters(const Graph& graph, std::int64_t& all, std::int64_t& trainable) {
  all = trainable = 0;
  std::set<ParamId> seen;
  for (const Node& node : graph.live()) {
    for (const auto& [slot, id] : node.params) {
      if (!seen.insert(id).second) continue;
      all += graph.param(id).elements();
      if (slot == Slot::weight || slot == Slot::bias) trainable += graph.param(id).elements();
    }
  }
}

void explain_fold(FoldedNorm& norm, bool backward) {
  norm.reason = norm.into.empty() ? "nothing had to change"
                                  : fmt::format("folded {} into {}", backward ? "back" : "forward", quoted(norm.into));
  if (!norm.inverse.empty()) norm.reason += fmt::format("; {} took the inverse", quoted(norm.inverse));
}

void explain_left(FoldedNorm& norm, const gauge::Refused& why) {
  norm.blocker = why.blocker;
  norm.witness = why.witness;
  norm.path = why.path;
  norm.reason = why.blocker == Blocker::conflict && why.witness != norm.name
                    ? fmt::format("it does not go together with '{}'", why.witness)
                    : sentence(why);
}

void explain_refusal(FoldedNorm& norm, const gauge::Refused& backward, const gauge::Refused& forward) {
  // An activation on one side is the common case; what hinders the other side tells more.
  const gauge::Refused& telling = backward.blocker == Blocker::activation ? forward : backward;
  norm.blocker = telling.blocker;
  norm.witness = telling.witness;
  norm.reason = fmt::format("back: {}; forward: {}", sentence(backward), sentence(forward));
}

}  // namespace banoff
