// If and Loop whose condition or count is known while importing: written out.
#include <limits>

#include "runtime/onnx/translate.hpp"

namespace banoff::onnx_import {

namespace {

bool truth(const Known& value, std::string_view what) {
  if (value.elements() != 1 || value.dtype() != DType::boolean) {
    fail_input("{} is {} {}, expected one boolean", what, name_of(value.dtype()), value.shape().str());
  }
  return value.to_vector<std::int64_t>().front() != 0;
}

void take_if(Call& call) {
  const onnx::GraphProto& yes = call.attributes.graph("then_branch");
  const onnx::GraphProto& no = call.attributes.graph("else_branch");
  const bool condition = truth(call.known(0, "the condition"), "the condition");
  const auto results = call.importer().inlined(condition ? yes : no, {}, call.name() + "/");
  if (results.size() < call.outputs()) fail_input("{} outputs, the branch has {}", call.outputs(), results.size());
  for (std::size_t i = 0; i < call.outputs(); ++i) call.result(i, results[i]);
}

/// A loop while it is written out.
class Unrolled {
 public:
  explicit Unrolled(Call& call) : call_(call), body_(call.attributes.graph("body")) {
    for (std::size_t i = 2; i < call.inputs(); ++i) carried_.push_back(call.in(i));
    const std::size_t ends = 1 + carried_.size();  // the condition and what is carried on
    if (static_cast<std::size_t>(body_.input_size()) != ends + 1 ||
        static_cast<std::size_t>(body_.output_size()) < ends) {
      fail_input("a body of {} inputs and {} outputs for a loop that carries {} values", body_.input_size(),
                 body_.output_size(), carried_.size());
    }
    scanned_.resize(static_cast<std::size_t>(body_.output_size()) - ends);
  }

  void run() {
    constexpr std::int64_t most = 1 << 16;
    const std::int64_t count =
        call_.known_integer(0, "the number of iterations", std::numeric_limits<std::int64_t>::max());
    bool goes_on = !call_.has(1) || truth(call_.known(1, "the condition"), "the condition");
    // A body that hands the condition on ends after all iterations only.
    const bool all = body_.output(0).name() == body_.input(1).name();
    if (all && goes_on && count > most) fail_input("more than {} iterations", most);
    for (std::int64_t i = 0; i < count && goes_on; ++i) {
      if (i == most) fail_input("more than {} iterations", most);
      goes_on = step(i);
    }
    for (std::size_t i = 0; i < carried_.size(); ++i) call_.result(i, carried_[i]);
    for (std::size_t i = 0; i < scanned_.size(); ++i) stack(i);
  }

 private:
  /// One iteration; whether there is another.
  bool step(std::int64_t i) {
    KnownTensors& known = call_.known();
    Definitions given{{body_.input(0).name(), {none, known.integers({}, [i](std::int64_t) { return i; })}},
                      {body_.input(1).name(), {none, known.filled(DType::boolean, {}, 1)}}};
    for (std::size_t k = 0; k < carried_.size(); ++k) {
      given.emplace_back(body_.input(static_cast<int>(k) + 2).name(), carried_[k]);
    }
    const auto results = call_.importer().inlined(body_, given, fmt::format("{}/{}/", call_.name(), i));
    for (std::size_t k = 0; k < carried_.size(); ++k) carried_[k] = results[k + 1];
    for (std::size_t k = 0; k < scanned_.size(); ++k) scanned_[k].push_back(results[k + 1 + carried_.size()]);
    if (!results[0].known) fail_input("whether there is an iteration after number {} is not known before it ran", i);
    return truth(*results[0].known, "the condition");
  }

  /// What each iteration made, one behind the other along a new first dimension.
  void stack(std::size_t at) {
    const std::size_t output = carried_.size() + at;
    if (output >= call_.outputs()) return;
    if (scanned_[at].empty()) fail_input("no iteration, and output {} would have no elements", output);
    std::vector<Operand> rows;
    for (const Operand& each : scanned_[at]) {
      rows.push_back(call_.emit(Unsqueeze{.axes = {0}}, {each}, {}, fmt::format("{}.row", output)));
    }
    call_.result(output,
                 rows.size() == 1 ? rows[0] : call_.emit(Concat{.axis = 0}, rows, {}, fmt::format("{}.rows", output)));
  }

  Call& call_;
  const onnx::GraphProto& body_;
  std::vector<Operand> carried_;
  std::vector<std::vector<Operand>> scanned_;  ///< by output, then iteration
};

void take_loop(Call& call) { Unrolled(call).run(); }

constexpr Row rows[] = {{"If", take_if}, {"Loop", take_loop}};

}  // namespace

std::span<const Row> control_rows() { return rows; }

}  // namespace banoff::onnx_import
