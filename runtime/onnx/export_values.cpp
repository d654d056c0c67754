// How the ops of ops_values.hpp are written: most are one operator.
#include "runtime/core/by_enum.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/onnx/element_type.hpp"
#include "runtime/onnx/exporter.hpp"

namespace banoff::onnx_export {

namespace {

std::vector<std::string> all_inputs(const Writer& w) {
  std::vector<std::string> inputs;
  for (std::size_t i = 0; i < w.source().inputs.size(); ++i) inputs.push_back(w.in(i));
  return inputs;
}

}  // namespace

void write(const Unary& op, const Writer& w) {
  static constexpr const char* names[] = {"Abs",  "Neg",  "Sign", "Floor", "Ceil",  "Round", "Reciprocal", "Sqrt",
                                          "Exp",  "Log",  "Erf",  "Sin",   "Cos",   "Tan",   "Asin",       "Acos",
                                          "Atan", "Sinh", "Cosh", "Asinh", "Acosh", "Atanh", "Not"};
  (void)w.emit(row_for(names, op.kind), {w.in()});
}

void write(const Compare& op, const Writer& w) {
  static constexpr const char* names[] = {"Equal", "Less", "LessOrEqual"};
  (void)w.emit(row_for(names, op.kind), all_inputs(w));
}

/// Extrema of booleans are logic there.
void write(const Pair& op, const Writer& w) {
  static constexpr const char* names[] = {"Max", "Min", "Pow", "Mod", "Mod"};
  if (w.dtype() == DType::boolean) return void(w.emit(op.kind == PairKind::max ? "Or" : "And", all_inputs(w)));
  // Mod of floats has the dividend's sign alone: with the divisor added to the remainder it is the divisor's.
  if (op.kind == PairKind::mod && is_float(w.dtype())) {
    const std::string rest = w.fresh("rest");
    set(w.emit("Mod", all_inputs(w), rest), "fmod", std::int64_t{1});
    return set(w.emit("Mod", {w.step("Add", {rest, w.in(1)}, "raised"), w.in(1)}), "fmod", std::int64_t{1});
  }
  onnx::NodeProto& node = w.emit(row_for(names, op.kind), all_inputs(w));
  if (op.kind == PairKind::fmod) set(node, "fmod", std::int64_t{1});
}

void write(const Where&, const Writer& w) { (void)w.emit("Where", all_inputs(w)); }

void write(const Reduce& op, const Writer& w) {
  static constexpr const char* names[] = {"ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceMean"};
  // Of booleans there are none before opset 20.
  const bool booleans = w.dtype() == DType::boolean;
  std::string x = w.in();
  if (booleans) set(w.emit("Cast", {w.in()}, x = w.fresh("numbers")), "to", std::int64_t{onnx_types[DType::u8]});
  const std::string result = booleans ? w.fresh("reduced") : "";
  set(w.emit(row_for(names, op.kind), {x, w.numbers("axes", op.axes)}, result), "keepdims", std::int64_t{op.keep_dims});
  if (booleans) set(w.emit("Cast", {result}), "to", std::int64_t{onnx_types[DType::boolean]});
}

void write(const ArgReduce& op, const Writer& w) {
  onnx::NodeProto& node = w.emit(op.kind == ArgKind::max ? "ArgMax" : "ArgMin", {w.in()});
  set(node, "axis", op.axis);
  set(node, "keepdims", std::int64_t{op.keep_dims});
  set(node, "select_last_index", std::int64_t{op.last});
}

void write(const TopK& op, const Writer& w) {
  onnx::NodeProto& node = w.emit("TopK", {w.in(), w.numbers("k", {op.k})});
  node.add_output(w.out(1));
  set(node, "axis", op.axis);
  set(node, "largest", std::int64_t{op.largest});
}

void write(const Cumulate& op, const Writer& w) {
  if (op.kind == CumulateKind::prod) fail_input("cumulative_prod has no operator before opset 26");
  onnx::NodeProto& node = w.emit("CumSum", {w.in(), w.numbers("axis", {op.axis})});
  set(node, "exclusive", std::int64_t{op.exclusive});
  set(node, "reverse", std::int64_t{op.reverse});
}

void write(const Expand& op, const Writer& w) { (void)w.emit("Expand", {w.in(), w.numbers("shape", op.shape)}); }

void write(const Gather& op, const Writer& w) { set(w.emit("Gather", all_inputs(w)), "axis", op.axis); }

void write(const GatherElements& op, const Writer& w) { set(w.emit("GatherElements", all_inputs(w)), "axis", op.axis); }

void write(const GatherNd& op, const Writer& w) { set(w.emit("GatherND", all_inputs(w)), "batch_dims", op.batch_dims); }

void write(const ScatterElements& op, const Writer& w) {
  onnx::NodeProto& node = w.emit("ScatterElements", all_inputs(w));
  set(node, "axis", op.axis);
  set(node, "reduction", std::string(words_of<Reduction>[static_cast<std::size_t>(op.reduction)]).c_str());
}

void write(const ScatterNd& op, const Writer& w) {
  onnx::NodeProto& node = w.emit("ScatterND", all_inputs(w));
  set(node, "reduction", std::string(words_of<Reduction>[static_cast<std::size_t>(op.reduction)]).c_str());
}

void write(const SelectBoxes& op, const Writer& w) {
  const auto scalar = [&](std::string_view suffix, float value) {
    return w.constant(suffix, Tensor::of<float>({1}, {value}));
  };
  std::vector<std::string> inputs{w.in(0), w.in(1), w.numbers("max", {op.max}),
                                  scalar("iou", static_cast<float>(op.iou))};
  if (op.score) inputs.push_back(scalar("score", static_cast<float>(*op.score)));
  set(w.emit("NonMaxSuppression", inputs), "center_point_box", std::int64_t{op.centred});
}

}  // namespace banoff::onnx_export
