#include <algorithm>
#include <vector>

#include "runtime/core/by_enum.hpp"
#include "runtime/graph/activations.hpp"
#include "runtime/graph/ops.hpp"

namespace banoff {

namespace {

Pool pool(PoolKind kind) {
  Pool op;
  op.kind = kind;
  return op;
}

Reduce reduce(ReduceKind kind) {
  Reduce op;
  op.kind = kind;
  return op;
}

GroupNorm instance_norm() {
  GroupNorm op;
  op.instance = true;
  return op;
}

/// Aliases of a row (relu6, swish, dropout) differ from it by name only: an op prints as the first row it equals.
std::vector<OpRow> make_table() {
  std::vector<OpRow> rows{
      {"conv", Conv{}},
      {"conv_transpose", ConvTranspose{}},
      {"dense", Dense{}},
      {"matmul", MatMul{}, 2, 2},
      {"batch_norm", BatchNorm{}},
      {"affine", Affine{}},
      {"add", Binary{BinaryKind::add}, 2, any_number},
      {"sub", Binary{BinaryKind::sub}, 2, 2},
      {"mul", Binary{BinaryKind::mul}, 2, 2},
      {"div", Binary{BinaryKind::div}, 2, 2},
      {"concat", Concat{}, 1, any_number},
      {"split", Split{}},
      {"slice", Slice{}},
      {"channel_shuffle", ChannelShuffle{}},
      {"reshape", Reshape{}},
      {"transpose", Transpose{}},
      {"flatten", Flatten{}},
      {"squeeze", Squeeze{}},
      {"unsqueeze", Unsqueeze{}},
      {"pad", Pad{}},
      {"max_pool", pool(PoolKind::max)},
      {"avg_pool", pool(PoolKind::avg)},
      {"global_avg_pool", GlobalPool{PoolKind::avg}},
      {"global_max_pool", GlobalPool{PoolKind::max}},
      {"reduce_mean", ReduceMean{}},
      {"resize", Resize{}, 1, 2},
      {"prelu", PRelu{}},
      {"clamp", Clamp{}},
      {"kinked", Kinked{}},
      {"softmax", Softmax{}},
      {"group_norm", GroupNorm{}},
      {"instance_norm", instance_norm()},
      {"layer_norm", LayerNorm{}},
      {"identity", Identity{}},
      {"cast", Cast{}},
      {"constant", Constant{}, 0, 0},
      {"adaptive_avg_pool", AdaptiveAvgPool{}},
      {"lrn", Lrn{}},
      {"anchors", Anchors{}, 2, 2},
      {"decode_boxes", DecodeBoxes{}, 2, 3},
      {"nms", Nms{}, 2, any_number},
      {"roi_align", RoiAlign{}, 2, any_number},
      {"pick_channel", PickChannel{}, 2, 2},
      {"equal", Compare{CompareKind::equal}, 2, 2},
      {"less", Compare{CompareKind::less}, 2, 2},
      {"less_equal", Compare{CompareKind::less_equal}, 2, 2},
      {"max", Pair{PairKind::max}, 2, 2},
      {"min", Pair{PairKind::min}, 2, 2},
      {"pow", Pair{PairKind::pow}, 2, 2},
      {"mod", Pair{PairKind::mod}, 2, 2},
      {"fmod", Pair{PairKind::fmod}, 2, 2},
      {"where", Where{}, 3, 3},
      {"reduce_sum", reduce(ReduceKind::sum)},
      {"reduce_max", reduce(ReduceKind::max)},
      {"reduce_min", reduce(ReduceKind::min)},
      {"reduce_prod", reduce(ReduceKind::prod)},
      {"arg_max", ArgReduce{ArgKind::max}},
      {"arg_min", ArgReduce{ArgKind::min}},
      {"top_k", TopK{}},
      {"cumulative_sum", Cumulate{CumulateKind::sum}},
      {"cumulative_prod", Cumulate{CumulateKind::prod}},
      {"expand", Expand{}},
      {"gather", Gather{}, 2, 2},
      {"gather_elements", GatherElements{}, 2, 2},
      {"gather_nd", GatherNd{}, 2, 2},
      {"scatter_elements", ScatterElements{}, 3, 3},
      {"scatter_nd", ScatterNd{}, 3, 3},
      {"select_boxes", SelectBoxes{}, 2, 2},
      {"max_pool_indices", MaxPoolIndices{}},
      {"relu6", Activation{ActivationKind::clip, 0, 6}, 1, 1, true},
  };
  static_assert(activation_rows.size() == enumerators<ActivationKind>());
  for (std::size_t i = 0; i < activation_rows.size(); ++i) {
    const ActivationRow& row = activation_rows[i];
    rows.push_back({row.name, Activation{static_cast<ActivationKind>(i), row.alpha.value_or(0), row.beta.value_or(0)}});
  }
  static constexpr std::string_view unary[] = {"abs",  "neg",  "sign", "floor", "ceil",  "round", "reciprocal", "sqrt",
                                               "exp",  "log",  "erf",  "sin",   "cos",   "tan",   "asin",       "acos",
                                               "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "not"};
  static_assert(std::size(unary) == enumerators<UnaryKind>());
  for (std::size_t i = 0; i < std::size(unary); ++i) rows.push_back({unary[i], Unary{static_cast<UnaryKind>(i)}});
  rows.push_back({"swish", Activation{ActivationKind::silu}});
  rows.push_back({"dropout", Identity{}});
  return rows;
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

std::span<const OpRow> op_table() {
  static const std::vector<OpRow> table = make_table();
  return table;
}

const OpRow* find_op(std::string_view name) {
  const auto row = std::ranges::find(op_table(), name, &OpRow::name);
  return row == op_table().end() ? nullptr : &*row;
}

const OpRow& row_of(const Op& op) {
  const auto table = op_table();
  if (const auto exact = std::ranges::find(table, op, &OpRow::prototype); exact != table.end()) return *exact;
  // relu6 is a clip only with its own bounds, so it stands before clip and clip is found from the back.
  return *std::ranges::find_if(table.rbegin(), table.rend(),
                               [&](const OpRow& row) { return same_kind(row.prototype, op); });
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
  }
  return "?";
}

}  // namespace banoff
