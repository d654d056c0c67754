// Recurrent layers as LSTM, GRU and RNN, each with the dense layer that computes its gates.
#include "runtime/core/by_enum.hpp"
#include "runtime/core/checked.hpp"
#include "runtime/graph/cell_functions.hpp"
#include "runtime/onnx/exporter.hpp"

namespace banoff::onnx_export {

namespace {

/// An identity in place of a dense layer is as large as the gates squared.
constexpr std::int64_t largest_identity = std::int64_t{1} << 26;

/// W: the dense layer's weights, or what leaves gates that something else computes as they are.
Tensor input_weight(const Recurrent& op, const Writer& w) {
  const std::int64_t directions = op.directions(), rows = op.gates() * op.hidden, all = directions * rows;
  if (w.gates() != nullptr) {
    const Tensor weight = w.graph().param(*w.gates(), Slot::weight)->as(w.dtype());
    return weight.reshaped({directions, rows, weight.shape()[1]});
  }
  if (checked_mul(all, all) > largest_identity) fail_input("no dense layer of its own computes its {} gates", all);
  std::vector<float> identity(static_cast<std::size_t>(all * all), 0.0F);
  for (std::int64_t i = 0; i < all; ++i) identity[static_cast<std::size_t>(i * all + i)] = 1.0F;
  return Tensor::of<float>({directions, rows, all}, std::move(identity)).as(w.dtype());
}

/// B: the dense layer's bias and the recurrent one, of which there is none but for a GRU's candidate.
std::string bias(const Recurrent& op, const Writer& w) {
  const Tensor* before = w.gates() == nullptr ? nullptr : w.graph().param(*w.gates(), Slot::bias);
  if (before == nullptr && !op.bias) return "";
  const auto directions = static_cast<std::size_t>(op.directions()), hidden = static_cast<std::size_t>(op.hidden);
  const std::size_t rows = static_cast<std::size_t>(op.gates()) * hidden;
  std::vector<double> values(2 * directions * rows, 0.0);
  const std::vector<double> outer =
      before == nullptr ? std::vector<double>(directions * rows) : before->to_vector<double>();
  const std::vector<double> inner = op.bias ? w.tensor(Slot::bias).to_vector<double>() : std::vector<double>{};
  for (std::size_t d = 0; d < directions; ++d) {
    for (std::size_t i = 0; i < rows; ++i) values[2 * d * rows + i] = outer[d * rows + i];
    for (std::size_t i = 0; op.bias && i < hidden; ++i)
      values[(2 * d + 1) * rows + 2 * hidden + i] = inner[d * hidden + i];
  }
  const Shape shape{op.directions(), static_cast<std::int64_t>(2 * rows)};
  return w.constant("B", Tensor::of<double>(shape, std::move(values)).as(w.dtype()));
}

/// Numbers for the functions that have them, in the order in which they take them.
void set_functions(onnx::NodeProto& node, const Recurrent& op) {
  if (op.functions.empty() && op.alpha.empty() && op.beta.empty()) return;
  static constexpr const char* names[] = {"Sigmoid",         "Tanh",       "Relu",        "Affine", "LeakyRelu",
                                          "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu",    "Softsign",
                                          "Softplus"};
  std::vector<std::string> activations;
  std::vector<double> alpha, beta;
  for (std::int64_t d = 0; d < op.directions(); ++d) {
    for (const CellActivation& each : activations_of(op, d)) {
      activations.emplace_back(row_for(names, each.function));
      const CellFunctionRow& row = row_for(cell_function_rows, each.function);
      if (row.has_alpha) alpha.push_back(each.alpha);
      if (row.has_beta) beta.push_back(each.beta);
    }
  }
  set(node, "activations", activations);
  if (!alpha.empty()) set(node, "activation_alpha", alpha);
  if (!beta.empty()) set(node, "activation_beta", beta);
}

}  // namespace

void write(const Recurrent& op, const Writer& w) {
  static constexpr const char* names[] = {"RNN", "GRU", "LSTM"};
  const bool lstm = op.kind == CellKind::lstm;
  std::vector<std::string> inputs{w.in(), w.constant("W", input_weight(op, w)), w.param(Slot::weight), bias(op, w)};
  std::size_t next = 1;
  const std::string h = op.initial ? w.in(next++) : "", c = op.initial && lstm ? w.in(next++) : "";
  inputs.push_back(op.lengths ? w.in(next) : "");
  inputs.push_back(h);
  if (lstm) inputs.push_back(c), inputs.push_back(op.peephole ? w.param(Slot::peephole) : "");
  while (inputs.back().empty()) inputs.pop_back();
  onnx::NodeProto& node = w.emit(row_for(names, op.kind), inputs);
  for (std::size_t i = 1; i < w.source().outputs.size(); ++i) node.add_output(w.out(i));
  set(node, "hidden_size", op.hidden);
  set(node, "direction", std::string(row_for(words_of<Direction>, op.direction)).c_str());
  set_functions(node, op);
  if (op.clip) set(node, "clip", *op.clip);
  if (op.coupled) set(node, "input_forget", std::int64_t{1});
  if (op.reset_after) set(node, "linear_before_reset", std::int64_t{1});
}

}  // namespace banoff::onnx_export
