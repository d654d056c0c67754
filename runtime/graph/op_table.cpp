#include <algorithm>
#include <vector>

#include "runtime/core/by_enum.hpp"
#include "runtime/graph/activations.hpp"
#include "runtime/graph/ops.hpp"

namespace banoff {

namespace {

class Rows {
 public:
  template <class O>
  void add(std::string_view name, O op) {
    rows_.push_back({name, std::move(op)});
  }
  /// The row of an op that has one name.
  template <class O>
  void add_named() {
    if (*O::facts.name != by_kind) add(O::facts.name, O{});
  }
  /// A row for every kind of an op, in the enumeration's order.
  template <class O, class Kind, std::size_t names>
  void add_kinds(Kind O::*kind, const std::string_view (&name)[names]) {
    static_assert(names == enumerators<Kind>());
    for (std::size_t i = 0; i < names; ++i) {
      O op;
      op.*kind = static_cast<Kind>(i);
      add(name[i], op);
    }
  }
  void add_activations() {
    static_assert(activation_rows.size() == enumerators<ActivationKind>());
    for (std::size_t i = 0; i < activation_rows.size(); ++i) {
      const ActivationRow& row = activation_rows[i];
      add(row.name, Activation{static_cast<ActivationKind>(i), row.alpha.value_or(0), row.beta.value_or(0)});
    }
  }
  [[nodiscard]] OpRow& last() { return rows_.back(); }
  [[nodiscard]] std::vector<OpRow> take() { return std::move(rows_); }

 private:
  std::vector<OpRow> rows_;
};

/// Aliases of a row (relu6, swish, dropout) differ from it by name only: an op prints as the first row it equals.
std::vector<OpRow> make_table() {
  Rows rows;
#define BANOFF_NAMED(op) rows.add_named<op>();
  BANOFF_OPS(BANOFF_NAMED)
#undef BANOFF_NAMED
  rows.add_kinds(&Binary::kind, {"add", "sub", "mul", "div"});
  rows.add_kinds(&Pair::kind, {"max", "min", "pow", "mod", "fmod"});
  rows.add_kinds(&Compare::kind, {"equal", "less", "less_equal"});
  rows.add_kinds(&Pool::kind, {"max_pool", "avg_pool"});
  rows.add_kinds(&GlobalPool::kind, {"global_max_pool", "global_avg_pool"});
  rows.add_kinds(&Reduce::kind, {"reduce_sum", "reduce_max", "reduce_min", "reduce_prod", "reduce_mean"});
  rows.add_kinds(&ArgReduce::kind, {"arg_max", "arg_min"});
  rows.add_kinds(&Cumulate::kind, {"cumulative_sum", "cumulative_prod"});
  rows.add_kinds(&Unary::kind,
                 {"abs", "neg", "sign", "floor", "ceil", "round", "reciprocal", "sqrt",  "exp",   "log",   "erf", "sin",
                  "cos", "tan", "asin", "acos",  "atan", "sinh",  "cosh",       "asinh", "acosh", "atanh", "not"});
  rows.add_kinds(&Recurrent::kind, {"rnn", "gru", "lstm"});
  rows.add("group_norm", GroupNorm{});
  rows.add("instance_norm", GroupNorm{.instance = true});
  rows.add("relu6", Activation{ActivationKind::clip, 0, 6});
  rows.last().fixed = true;
  rows.add_activations();
  rows.add("swish", Activation{ActivationKind::silu});
  rows.add("dropout", Identity{});
  return rows.take();
}

/// Ops that share a struct are told apart by a kind that no YAML key sets.
bool same_kind(const Op& a, const Op& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&]<class T>(const T& x) {
        const T& y = std::get<T>(b);
        if constexpr (requires { x.kind; }) return x.kind == y.kind;
        else if constexpr (requires { x.instance; }) return x.instance == y.instance;
        else return true;
      },
      a);
}

}  // namespace

Op::Op() = default;
Op::Op(const Op& other) = default;
Op::Op(Op&& other) noexcept = default;
Op& Op::operator=(const Op& other) = default;
Op& Op::operator=(Op&& other) noexcept = default;
Op::~Op() = default;

const OpFacts& facts_of(const Op& op) {
  return std::visit([]<class O>(const O&) -> const OpFacts& { return O::facts; }, op);
}

std::span<const OpRow> op_table() {
  static const std::vector<OpRow> table = make_table();
  return table;
}

const OpRow* find_op(std::string_view name) {
  const auto row = std::ranges::find(op_table(), name, &OpRow::name);
  return row == op_table().end() ? nullptr : &*row;
}

const OpRow& row_of(const Op& op) {
  // No model file can name it, so the table has no row of it.
  static const OpRow carried{"opaque", Opaque{}};
  if (std::holds_alternative<Opaque>(op)) return carried;
  const auto table = op_table();
  if (const auto exact = std::ranges::find(table, op, &OpRow::prototype); exact != table.end()) return *exact;
  // relu6 is a clip only with its own bounds, so it stands before clip and clip is found from the back.
  return *std::ranges::find_if(table.rbegin(), table.rend(),
                               [&](const OpRow& row) { return same_kind(row.prototype, op); });
}

std::string_view name_of(const Op& op) {
  const auto* opaque = std::get_if<Opaque>(&op);
  return opaque != nullptr && opaque->foreign ? std::string_view(opaque->foreign->op) : row_of(op).name;
}

std::string_view slot_name(Slot slot) {
  switch (slot) {
    case Slot::weight: return "weight";
    case Slot::bias: return "bias";
    case Slot::mean: return "running_mean";
    case Slot::var: return "running_var";
    case Slot::pad_value: return "pad_value";
    case Slot::value: return "value";
    case Slot::lower: return "lower";
    case Slot::upper: return "upper";
    case Slot::kink: return "kink";
    case Slot::below: return "below";
    case Slot::above: return "above";
    case Slot::peephole: return "peephole";
    case Slot::weight_scale: return "weight_scale";
  }
  return "?";
}

}  // namespace banoff
