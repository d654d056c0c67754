// Scan, written out: the length of what is scanned is a size, and sizes are known while importing.
#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

class Scanned {
 public:
  explicit Scanned(Call& call) : call_(call), body_(call.attributes.graph("body")) {
    if (call.opset() < 9) fail_input("before opset 9 it works on batches of sequences: convert the model");
    const std::int64_t scanned = call.attributes.integer("num_scan_inputs", 0);
    const auto inputs = static_cast<std::int64_t>(call.inputs());
    if (scanned < 1 || scanned > inputs) fail_input("num_scan_inputs = {} of {} inputs", scanned, inputs);
    for (std::int64_t i = 0; i < inputs; ++i) {
      (i < inputs - scanned ? states_ : scanned_).push_back(call.in(static_cast<std::size_t>(i)));
    }
    if (body_.input_size() != inputs || static_cast<std::size_t>(body_.output_size()) < states_.size()) {
      fail_input("a body of {} inputs and {} outputs for a scan of {} inputs", body_.input_size(), body_.output_size(),
                 inputs);
    }
    made_.resize(static_cast<std::size_t>(body_.output_size()) - states_.size());
    in_ = ways("input", scanned_.size());
    out_ = ways("output", made_.size());
  }

  void run() {
    constexpr std::int64_t most = 1 << 16;
    const std::int64_t length = length_of(0);
    if (length < 1 || length > most) fail_input("{} iterations, expected 1 to {}", length, most);
    for (std::size_t k = 1; k < scanned_.size(); ++k) {
      if (length_of(k) != length) fail_input("scanned inputs of {} and {} iterations", length, length_of(k));
    }
    for (std::int64_t i = 0; i < length; ++i) step(i, length);
    for (std::size_t i = 0; i < states_.size(); ++i) call_.result(i, states_[i]);
    for (std::size_t i = 0; i < made_.size(); ++i) stack(i);
  }

 private:
  /// Along which axis, and whether from the end.
  struct Way {
    std::int64_t axis = 0;
    bool backwards = false;
  };

  /// Of the scanned inputs or outputs, as attributes say.
  std::vector<Way> ways(std::string_view kind, std::size_t count) {
    const auto list = [&](std::string_view what) {
      Ints values = call_.attributes.integers(fmt::format("scan_{}_{}", kind, what)).value_or(Ints(count, 0));
      if (values.size() != count) fail_input("{} scan_{}_{} for {} {}s", values.size(), kind, what, count, kind);
      return values;
    };
    const Ints axes = list("axes"), directions = list("directions");
    std::vector<Way> result;
    for (std::size_t i = 0; i < count; ++i) {
      if (directions[i] != 0 && directions[i] != 1) fail_input("scan_{}_directions holds {}", kind, directions[i]);
      result.push_back({axes[i], directions[i] == 1});
    }
    return result;
  }

  [[nodiscard]] std::int64_t length_of(std::size_t k) const {
    const TensorType type = call_.importer().type_of(scanned_[k]);
    const std::size_t axis = resolve_axis(in_[k].axis, type.shape.rank());
    if (axis == 0 && type.bounded) fail_input("how many rows {} has is known only when it runs", type.str());
    return type.shape[axis];
  }

  /// One iteration: a slice of each scanned input, without its axis.
  void step(std::int64_t i, std::int64_t length) {
    Definitions given;
    for (const Operand& state : states_) given.emplace_back(body_.input(static_cast<int>(given.size())).name(), state);
    for (std::size_t k = 0; k < scanned_.size(); ++k) {
      const std::int64_t at = in_[k].backwards ? length - 1 - i : i;
      const Operand slice = call_.emit(Slice{{in_[k].axis}, {at}, {at + 1}, {}}, {scanned_[k]}, {}, "slice");
      given.emplace_back(body_.input(static_cast<int>(given.size())).name(),
                         call_.emit(Squeeze{{in_[k].axis}}, {slice}, {}, "element"));
    }
    const auto results = call_.importer().inlined(body_, given, fmt::format("{}/{}/", call_.name(), i));
    for (std::size_t k = 0; k < states_.size(); ++k) states_[k] = results[k];
    for (std::size_t k = 0; k < made_.size(); ++k) made_[k].push_back(results[states_.size() + k]);
  }

  /// What each iteration made, one behind or before the other along a new axis.
  void stack(std::size_t at) {
    const std::size_t output = states_.size() + at;
    if (output >= call_.outputs()) return;
    const std::size_t rank = call_.importer().type_of(made_[at][0]).shape.rank() + 1;
    const auto axis = static_cast<std::int64_t>(resolve_axis(out_[at].axis, rank));
    std::vector<Operand> rows;
    for (const Operand& each : made_[at]) rows.push_back(call_.emit(Unsqueeze{{axis}}, {each}, {}, "row"));
    if (out_[at].backwards) rows = {rows.rbegin(), rows.rend()};
    call_.result(output, rows.size() == 1 ? rows[0] : call_.emit(Concat{axis}, rows, {}, "rows"));
  }

  Call& call_;
  const onnx::GraphProto& body_;
  std::vector<Operand> states_, scanned_;
  std::vector<std::vector<Operand>> made_;  ///< by output, then iteration
  std::vector<Way> in_, out_;
};

void take_scan(Call& call) { Scanned(call).run(); }

constexpr Row rows[] = {{"Scan", take_scan}};

}  // namespace

std::span<const Row> scan_rows() { return rows; }

}  // namespace banoff::onnx_import
