#include "runtime/onnx/translate.hpp"

#include <algorithm>
#include <map>
#include <numeric>

#include "runtime/core/checked.hpp"
#include "runtime/core/dtype.hpp"
#include "runtime/onnx/domain.hpp"

namespace banoff::onnx_import {

const Operand& Call::in(std::size_t i) const {
  if (!has(i)) fail_input("input {} is missing", i);
  return importer_.operand(node_.input(static_cast<int>(i)));
}

const Known& Call::known(std::size_t i, std::string_view what) const {
  const Operand& operand = in(i);
  if (!operand.known) {
    if (const Known* value = importer_.fixed(operand)) return *value;
    fail_input("{} ('{}') must be a constant", what, node_.input(static_cast<int>(i)));
  }
  return *operand.known;
}

namespace {
/// No operator has a longer list of sizes, axes or places than this that it reads while importing.
constexpr std::int64_t longest_list = 1 << 16;

void check_length(const Tensor& tensor, std::string_view what) {
  if (tensor.elements() > longest_list) {
    fail_input("{} has {} elements, the limit is {}", what, tensor.elements(), longest_list);
  }
}
}  // namespace

Ints Call::known_integers(std::size_t i, std::string_view what) const {
  const Known& tensor = known(i, what);
  check_length(tensor, what);
  if (!is_integer(tensor.dtype())) {
    fail_input("{} is {}, expected integers", what, name_of(tensor.dtype()));
  }
  return tensor.to_vector<std::int64_t>();
}

std::vector<double> Call::known_numbers(std::size_t i, std::string_view what) const {
  const Known& tensor = known(i, what);
  check_length(tensor, what);
  return tensor.to_vector<double>();
}

std::int64_t Call::known_integer(std::size_t i, std::string_view what, std::int64_t standard) const {
  if (!has(i)) return standard;
  const Known& tensor = known(i, what);
  if (tensor.elements() != 1) fail_input("{} is {}, expected one integer", what, tensor.shape().str());
  if (is_float(tensor.dtype())) return checked_integer(tensor.to_vector<double>().front(), what);
  return tensor.to_vector<std::int64_t>().front();
}

double Call::known_number(std::size_t i, std::string_view what, double standard) const {
  if (!has(i)) return standard;
  const Known& tensor = known(i, what);
  if (tensor.elements() != 1) fail_input("{} is {}, expected one number", what, tensor.shape().str());
  return tensor.to_vector<double>().front();
}

std::optional<Ints> Call::integers(std::string_view attribute, std::size_t input) {
  std::optional<Ints> result = attributes.integers(attribute);
  if (!result && has(input)) result = known_integers(input, attribute);
  return result;
}

bool Call::reads(std::size_t i) const { return i < outputs() && importer_.is_read(node_.output(static_cast<int>(i))); }

void Call::no_outputs_from(std::size_t i) const {
  for (; i < outputs(); ++i) {
    if (importer_.is_read(node_.output(static_cast<int>(i)))) {
      fail_input("output {} ('{}') is not supported", i, node_.output(static_cast<int>(i)));
    }
  }
}

Operand Call::emit(Op op, const std::vector<Operand>& inputs, Params params, std::string_view suffix) const {
  const std::string name = suffix.empty() ? name_ : fmt::format("{}.{}", name_, suffix);
  return importer_.emit(name, std::move(op), inputs, std::move(params)).at(0);
}

std::vector<Operand> Call::emit_all(Op op, const std::vector<Operand>& inputs, Params params) const {
  return importer_.emit(name_, std::move(op), inputs, std::move(params));
}

void Call::result(std::size_t i, Operand operand) const {
  if (i >= outputs() || node_.output(static_cast<int>(i)).empty()) return;
  importer_.define(node_.output(static_cast<int>(i)), std::move(operand));
}

namespace {

std::map<std::string_view, Translator> make_table() {
  std::map<std::string_view, Translator> table;
  for (const auto rows :
       {layer_rows(),    norm_rows(),      pooling_rows(),  activation_op_rows(), function_rows(), reduction_rows(),
        movement_rows(), part_rows(),      padding_rows(),  resize_rows(),        index_rows(),    shape_rows(),
        sampling_rows(), quantised_rows(), integer_rows(),  between_grids_rows(), selected_rows(), einsum_rows(),
        control_rows(),  scan_rows(),      recurrent_rows()}) {
    for (const Row& row : rows) table.emplace(row.op, row.translator);
  }
  return table;
}

const std::map<std::string_view, Translator>& the_table() {
  static const std::map<std::string_view, Translator> table = make_table();
  return table;
}

/// The function that knows the operator; null where none does.
Translator translator_of(const onnx::NodeProto& node) {
  if (is_standard(node.domain())) {
    const auto found = the_table().find(node.op_type());
    return found == the_table().end() ? nullptr : found->second;
  }
  if (node.domain() != onnxruntime_domain) return nullptr;
  // It has some of ONNX's own there as well, which came to be ONNX's later.
  const bool of_both = node.op_type() == "QuantizeLinear" || node.op_type() == "DequantizeLinear";
  if (of_both) return the_table().at(node.op_type());
  const std::span<const Row> rows = onnxruntime_rows();
  const auto found = std::ranges::find(rows, node.op_type(), &Row::op);
  return found == rows.end() ? nullptr : found->translator;
}

}  // namespace

Known per_channel(const Known& values, std::int64_t channels, std::string_view what) {
  if (values.elements() != channels) {
    fail_input("{} is {}, expected {} numbers", what, values.shape().str(), channels);
  }
  return values.reshaped({channels});
}

std::optional<std::size_t> axis_of(const Shape& constant, const Shape& x) {
  if (constant.rank() > x.rank()) return std::nullopt;
  std::optional<std::size_t> axis;
  for (std::size_t i = 0; i < constant.rank(); ++i) {
    const std::size_t at = i + x.rank() - constant.rank();
    if (constant[i] == 1) continue;
    if (axis || constant[i] != x[at]) return std::nullopt;
    axis = at;
  }
  return axis ? axis : std::size_t{x.rank() > 1 ? 1U : 0U};
}

Ints all_axes(std::size_t rank) {
  Ints axes(rank);
  std::iota(axes.begin(), axes.end(), 0);
  return axes;
}

std::vector<std::string_view> operators() {
  std::vector<std::string_view> names;
  for (const auto& [name, translator] : the_table()) names.push_back(name);
  return names;
}

std::optional<std::string> reason_against(const Importer& importer, const onnx::NodeProto& node) {
  if (!is_standard(node.domain())) {
    if (function_of(importer.model(), node) != nullptr || translator_of(node) != nullptr) return std::nullopt;
    return fmt::format("operators of '{}' are not supported; export with standard ONNX operators", node.domain());
  }
  constexpr std::int64_t oldest = 7;
  if (importer.opset() == 0) return "the model names no version of the ONNX operators";
  if (importer.opset() < oldest)
    return fmt::format("opset {}: at least {} is needed; convert the model", importer.opset(), oldest);
  if (translator_of(node) != nullptr) return std::nullopt;
  return "this operator is not supported";
}

void translate(Importer& importer, const onnx::NodeProto& node, const std::string& name) {
  Call call(importer, node, name);
  if (translate_function(call)) return;
  if (const auto reason = reason_against(importer, node)) fail_input("{}", *reason);
  translator_of(node)(call);
  call.attributes.finish();
}

}  // namespace banoff::onnx_import
