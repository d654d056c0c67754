// LSTM, GRU and RNN: a dense layer that computes the gates of all steps at once, and the cells that read them.
#include <algorithm>
#include <cctype>

#include "runtime/core/checked.hpp"
#include "runtime/graph/cell_functions.hpp"
#include "runtime/onnx/steps.hpp"

namespace banoff::onnx_import {

namespace {

/// Numbers by function, in the order in which the functions that have them take them; what is left over is refused.
class Supply {
 public:
  Supply(Call& call, const char* attribute)
      : attribute_(attribute), values_(call.attributes.reals(attribute).value_or(std::vector<double>{})) {}

  [[nodiscard]] double take(bool wanted, bool must_be, double standard, const std::string& function) {
    if (!wanted) return standard;
    any_ = true;
    if (next_ < values_.size()) return values_[next_++];
    if (must_be) fail_input("{} has none for {}, whose default is not agreed on", attribute_, function);
    return standard;
  }
  /// Exporters give numbers to functions that have none; between others it could not be told whose they are.
  void finish() const {
    if (any_ && next_ < values_.size()) {
      fail_input("{} has {} values, but the functions take {}", attribute_, values_.size(), next_);
    }
  }

 private:
  std::string attribute_;
  std::vector<double> values_;
  std::size_t next_ = 0;
  bool any_ = false;
};

/// By ONNX's name, of which only the letters count.
CellFunction function_called(const std::string& name) {
  const auto plain = [](std::string_view text) {
    std::string letters;
    for (const char c : text) {
      if (c != '_') letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return letters;
  };
  const auto& words = words_of<CellFunction>;
  const auto same = [&](std::string_view word) { return plain(word) == plain(name); };
  const auto found = std::ranges::find_if(words, same);
  if (found == words.end()) fail_input("activation '{}' is not supported", name);
  return static_cast<CellFunction>(found - words.begin());
}

void take_functions(Call& call, Recurrent& op) {
  std::vector<std::string> names = call.attributes.texts("activations").value_or(std::vector<std::string>{});
  Supply alpha(call, "activation_alpha"), beta(call, "activation_beta");
  if (names.empty()) return;
  const std::size_t expected = op.functions_each() * static_cast<std::size_t>(op.directions());
  // An RNN has two by default, of which one direction takes the first.
  if (op.kind == CellKind::rnn && names.size() == 2) names.resize(expected);
  if (names.size() != expected) fail_input("{} activations, expected {}", names.size(), expected);
  for (const std::string& name : names) {
    const CellFunction function = function_called(name);
    const CellFunctionRow& row = row_for(cell_function_rows, function);
    const bool open = function == CellFunction::affine || function == CellFunction::scaled_tanh;
    op.functions.push_back(function);
    op.alpha.push_back(alpha.take(row.has_alpha, open, row.alpha, name));
    op.beta.push_back(beta.take(row.has_beta, open, row.beta, name));
  }
  alpha.finish(), beta.finish();
  Recurrent standard = op;
  standard.functions.clear(), standard.alpha.clear(), standard.beta.clear();
  const auto same = [&](std::int64_t d) { return activations_of(op, d) == activations_of(standard, d); };
  if (same(0) && (op.directions() == 1 || same(1))) op = standard;
}

Direction direction_of(Call& call) {
  const std::string word = call.attributes.text("direction", "forward");
  const auto& words = words_of<Direction>;
  const auto found = std::ranges::find(words, std::string_view(word));
  if (found == words.end()) fail_input("direction '{}' is not supported", word);
  return static_cast<Direction>(found - words.begin());
}

/// A weight of a shape. `what` names it in the error.
const Known& weight(const Call& call, std::size_t i, std::string_view what, const Shape& shape) {
  const Known& given = call.known(i, what);
  if (!is_float(given.dtype())) fail_input("{} is {}, expected a float type", what, name_of(given.dtype()));
  if (given.shape() != shape) fail_input("{} is {}, expected {}", what, given.shape().str(), shape.str());
  return given;
}

/// One call on its way to nodes.
class Layer {
 public:
  Layer(Call& call, CellKind kind) : call_(call), s_(call) {
    op_.kind = kind;
    op_.direction = direction_of(call);
    take_functions(call, op_);
    if (call.attributes.has("clip")) op_.clip = call.attributes.real("clip", 0);
    batch_first_ = call.attributes.integer("layout", 0) != 0;
    const Shape& r = call.known(2, "R").shape();
    op_.hidden = call.attributes.integer("hidden_size", r.rank() == 3 ? r[2] : 0);
    if (op_.hidden < 1) fail_input("hidden_size is {}, expected at least 1", op_.hidden);
    rows_ = checked_mul(op_.gates(), op_.hidden);
  }

  [[nodiscard]] Recurrent& op() { return op_; }

  void emit() {
    const std::int64_t directions = op_.directions();
    if (call_.shape(0).rank() != 3) fail_input("X is {}, expected 3 dimensions", call_.type(0).str());
    const Operand x = steps_first(call_.in(0));
    const Known& w = weight(call_, 1, "W", {directions, rows_, call_.shape(0)[2]});
    Params params{{Slot::weight, weight(call_, 2, "R", {directions, rows_, op_.hidden})}};
    Params before{{Slot::weight, w.reshaped({checked_mul(directions, rows_), w.shape()[2]})}};
    take_biases(before, params);
    if (op_.peephole) params.emplace_back(Slot::peephole, weight(call_, 7, "P", {directions, 3 * op_.hidden}));
    const bool biased = before.size() > 1;
    std::vector<Operand> inputs{call_.emit(Dense{directions * rows_, biased}, {x}, std::move(before), "gates")};
    take_states(inputs);
    take_lengths(inputs);
    give(call_.emit_all(op_, inputs, std::move(params)));
  }

 private:
  [[nodiscard]] Operand steps_first(const Operand& x) const { return batch_first_ ? turned(x, {1, 0, 2}) : x; }
  [[nodiscard]] Operand turned(const Operand& x, const Ints& perm) const { return s_.emit(Transpose{perm}, {x}); }

  /// Both biases of a gate are added where nothing comes between them.
  void take_biases(Params& before, Params& params) {
    if (!call_.has(3)) return;
    const std::int64_t directions = op_.directions(), candidate = 2 * op_.hidden;
    const Known& given = weight(call_, 3, "B", {directions, checked_mul(2, rows_)});
    const KnownTensors::Lease meanwhile = s_.known().lend(given.elements());
    const std::vector<double> values = given.to_vector<double>();
    const auto value = [&](std::int64_t d, std::int64_t half, std::int64_t row) {
      return values[static_cast<std::size_t>((2 * d + half) * rows_ + row)];
    };
    const auto apart = [&](std::int64_t row) { return op_.reset_after && row >= candidate; };
    before.emplace_back(Slot::bias, s_.known().numbers(given.dtype(), {directions * rows_}, [&](std::int64_t i) {
      const std::int64_t d = i / rows_, row = i % rows_;
      return value(d, 0, row) + (apart(row) ? 0.0 : value(d, 1, row));
    }));
    if (!op_.reset_after) return;
    op_.bias = true;
    params.emplace_back(Slot::bias, s_.known().numbers(given.dtype(), {directions, op_.hidden}, [&](std::int64_t i) {
      return value(i / op_.hidden, 1, candidate + i % op_.hidden);
    }));
  }

  /// Whether an initial state is there and not known to be zero.
  [[nodiscard]] bool counts(std::size_t i) const {
    if (!call_.has(i)) return false;
    if (!call_.in(i).known) return true;
    const KnownTensors::Lease meanwhile = s_.known().lend(call_.in(i).known->elements());
    const std::vector<double> values = call_.in(i).known->to_vector<double>();
    return std::ranges::any_of(values, [](double v) { return v != 0; });
  }
  void take_states(std::vector<Operand>& inputs) {
    const bool lstm = op_.kind == CellKind::lstm;
    const std::int64_t batch = call_.shape(0)[batch_first_ ? 0 : 1];
    const Shape shape =
        batch_first_ ? Shape{batch, op_.directions(), op_.hidden} : Shape{op_.directions(), batch, op_.hidden};
    const auto check = [&](std::size_t i, std::string_view what) {
      if (call_.has(i) && call_.shape(i) != shape)
        fail_input("{} is {}, expected {}", what, call_.shape(i).str(), shape.str());
    };
    check(5, "initial_h");
    if (lstm) check(6, "initial_c");
    op_.initial = counts(5) || (lstm && counts(6));
    if (!op_.initial) return;
    for (std::size_t i = 5; i < (lstm ? 7U : 6U); ++i) {
      const auto zeros = [&] { return Operand{none, s_.known().filled(call_.type(0).dtype, shape, 0)}; };
      inputs.push_back(steps_first(call_.has(i) ? call_.in(i) : zeros()));
    }
  }

  void take_lengths(std::vector<Operand>& inputs) {
    if (!call_.has(4)) return;
    const std::int64_t time = call_.shape(0)[batch_first_ ? 1 : 0], batch = call_.shape(0)[batch_first_ ? 0 : 1];
    if (call_.shape(4) != Shape{batch} || !is_integer(call_.type(4).dtype))
      fail_input("sequence_lens is {}, expected {} integers", call_.type(4).str(), batch);
    if (call_.in(4).known) {
      const Ints lengths = call_.known_integers(4, "sequence_lens");
      for (const std::int64_t length : lengths) {
        if (length < 0 || length > time) fail_input("a sequence of length {} in {} steps", length, time);
      }
      if (std::ranges::all_of(lengths, [&](std::int64_t length) { return length == time; })) return;
    }
    op_.lengths = true;
    inputs.push_back(s_.cast(call_.in(4), DType::i32));
  }

  void give(std::vector<Operand> outputs) const {
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      const bool turns = batch_first_ && call_.reads(i);
      call_.result(i, !turns ? outputs[i] : i == 0 ? turned(outputs[i], {2, 0, 1, 3}) : turned(outputs[i], {1, 0, 2}));
    }
  }

  Call& call_;
  Steps s_;
  Recurrent op_;
  bool batch_first_ = false;
  std::int64_t rows_ = 0;  ///< of one direction's gates
};

void lstm(Call& call) {
  Layer layer(call, CellKind::lstm);
  layer.op().coupled = call.attributes.integer("input_forget", 0) != 0;
  layer.op().peephole = call.has(7);
  layer.emit();
}

void gru(Call& call) {
  Layer layer(call, CellKind::gru);
  layer.op().reset_after = call.attributes.integer("linear_before_reset", 0) != 0;
  layer.emit();
}

void rnn(Call& call) { Layer(call, CellKind::rnn).emit(); }

constexpr Row rows[] = {{"LSTM", lstm}, {"GRU", gru}, {"RNN", rnn}};

}  // namespace

std::span<const Row> recurrent_rows() { return rows; }

}  // namespace banoff::onnx_import
