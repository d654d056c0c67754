// Every op of a network: plain attribute structs in one variant.
//
// A struct lists its attributes once, in `fields`: the YAML reader, the printer and the documentation test all use
// that list. What else is to be known of the op stands in `facts`. An op also has a signature (its shape rule), a
// reference kernel, a rule of folding and a form in ONNX: overloads on the struct, so a missing one is an error that
// names it. docs/architecture.md, "Adding an op", has the list.
#pragma once

#include <span>
#include <string_view>
#include <variant>

#include "runtime/graph/op_facts.hpp"
#include "runtime/graph/op_types.hpp"
#include "runtime/graph/ops_detection.hpp"
#include "runtime/graph/ops_elementwise.hpp"
#include "runtime/graph/ops_linear.hpp"
#include "runtime/graph/ops_movement.hpp"
#include "runtime/graph/ops_norms.hpp"
#include "runtime/graph/ops_opaque.hpp"
#include "runtime/graph/ops_quantised.hpp"
#include "runtime/graph/ops_recurrent.hpp"
#include "runtime/graph/ops_sampling.hpp"
#include "runtime/graph/ops_values.hpp"
#include "runtime/graph/ops_windows.hpp"

namespace banoff {

/// Calls X(op) for every op: what has an overload for each is declared by it, and one that is missing does not link.
// clang-format off
#define BANOFF_OPS(X) \
  X(Conv) X(ConvTranspose) X(Dense) X(MatMul) X(BatchNorm) X(Affine) X(Binary) X(Concat) X(Split) X(Slice) \
  X(ChannelShuffle) X(Reshape) X(Transpose) X(Flatten) X(Squeeze) X(Unsqueeze) X(Pad) X(Pool) X(GlobalPool) \
  X(Resize) X(Activation) X(PRelu) X(Clamp) X(Kinked) X(Softmax) X(GroupNorm) X(LayerNorm) X(Identity) X(Cast) \
  X(Constant) X(AdaptiveAvgPool) X(Lrn) X(Anchors) X(DecodeBoxes) X(Nms) X(RoiAlign) X(PickChannel) X(Unary) \
  X(Compare) X(Pair) X(Where) X(Reduce) X(ArgReduce) X(TopK) X(Cumulate) X(Expand) X(Gather) X(GatherElements) \
  X(GatherNd) X(ScatterElements) X(ScatterNd) X(SelectBoxes) X(MaxPoolIndices) X(GridSample) X(RoiAlignBatch) \
  X(Opaque) X(Recurrent) X(Quantize) X(Dequantize) X(FakeQuantize)
// clang-format on
template <class Nothing, class... Ops>
using Listed = std::variant<Ops...>;
#define BANOFF_LISTED(op) , op
using OpVariant = Listed<void BANOFF_OPS(BANOFF_LISTED)>;
#undef BANOFF_LISTED

template <class T, class Variant>
inline constexpr bool is_alternative = false;
template <class T, class... Ops>
inline constexpr bool is_alternative<T, std::variant<Ops...>> = (std::is_same_v<T, Ops> || ...);

/// Any op, a variant for std::visit, std::get and the like. What copies, moves and destroys one is compiled once, in
/// op_table.cpp: in every file that has a node it took a third of the time to build.
class Op : public OpVariant {
 public:
  Op();
  Op(const Op& other);
  Op(Op&& other) noexcept;
  Op& operator=(const Op& other);
  Op& operator=(Op&& other) noexcept;
  ~Op();
  template <class T>
  requires is_alternative<T, OpVariant> Op(T op)
      : OpVariant(std::in_place_type<T>, std::move(op)) {}  // NOLINT(google-explicit-constructor)
};

[[nodiscard]] const OpFacts& facts_of(const Op& op);

/// A row of the op table: how a model file calls an op, and the op as it is before any key is read.
struct OpRow {
  std::string_view name;
  Op prototype;
  bool fixed = false;  ///< a name for particular attributes (relu6): takes no keys
};

[[nodiscard]] std::span<const OpRow> op_table();
/// The row called `name`, or null.
[[nodiscard]] const OpRow* find_op(std::string_view name);
/// The row that an op prints as: the most specific one whose prototype it agrees with.
[[nodiscard]] const OpRow& row_of(const Op& op);
/// What messages and reports call it: the row's name; of a node that is only carried, its operator's.
[[nodiscard]] std::string_view name_of(const Op& op);
/// The name of a parameter in a weights file, after the node's path: "weight", "running_mean", …
[[nodiscard]] std::string_view slot_name(Slot slot);

}  // namespace banoff
