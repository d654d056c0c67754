#include "runtime/load/fields.hpp"

#include <algorithm>

#include "runtime/graph/activations.hpp"

namespace banoff {

void FieldReader::finish(std::vector<std::string_view> others) const {
  for (const auto& [key, attribute] : attributes_) {
    if (std::ranges::find(known_, key) != known_.end()) continue;
    others.insert(others.begin(), known_.begin(), known_.end());
    fail_(attribute.line, fmt::format("unknown key '{}'{}", key, did_you_mean(key, others)));
  }
}

namespace {

constexpr std::string_view depthwise = "depthwise";

/// Convolutions write 0 groups as a word; every other op takes its integers as they are.
void read_depthwise(Attributes& attributes, const FieldReader::Fail& fail) {
  const auto found = attributes.find("groups");
  if (found == attributes.end()) return;
  Attribute& groups = found->second;
  const auto* word = groups.value.as<std::string>();
  if (groups.value == Datum(std::int64_t{0})) fail(groups.line, "groups: expected 1 or more, or depthwise, got 0");
  if (word != nullptr && *word == depthwise) groups.value = Datum(std::int64_t{0});
}

/// The end of a slice may be null: to the end.
void read_open_ends(Attributes& attributes) {
  const auto open = [](const Datum& end) { return end.is_null() ? Datum(Slice::to_end) : end; };
  const auto found = attributes.find("end");
  if (found == attributes.end()) return;
  Datum& end = found->second.value;
  if (const auto* items = end.items()) {
    std::vector<Datum> ends;
    std::ranges::transform(*items, std::back_inserter(ends), open);
    end = Datum(std::move(ends));
  } else {
    end = open(end);
  }
}

std::vector<FieldPrinter::Field> print_fields(const Op& op) {
  FieldPrinter printer;
  std::visit([&](const auto& self) { self.fields(printer, self); }, op);
  const auto field = [&](std::string_view key) {
    return std::ranges::find(printer.fields, key, &FieldPrinter::Field::key);
  };
  if (const auto* conv = std::get_if<Conv>(&op); conv != nullptr && conv->groups == 0) {
    field("groups")->text = depthwise;
  }
  if (const auto* slice = std::get_if<Slice>(&op)) {
    std::vector<std::optional<std::int64_t>> ends;
    for (const std::int64_t end : slice->end) {
      ends.push_back(end == Slice::to_end ? std::nullopt : std::optional(end));
    }
    field("end")->text = print_attribute(ends);
  }
  return std::move(printer.fields);
}

}  // namespace

Op read_op(const OpRow& row, const Attributes& attributes, int line, const FieldReader::Fail& fail) {
  Op result = row.prototype;
  Attributes given = attributes;
  if (std::holds_alternative<Conv>(result)) read_depthwise(given, fail);
  if (std::holds_alternative<Slice>(result)) read_open_ends(given);
  FieldReader reader(given, line, fail);
  if (!row.fixed) std::visit([&](auto& op) { op.fields(reader, op); }, result);
  reader.finish({"op", "from", "when", "repeat", "weights_from"});
  return result;
}

std::vector<FieldPrinter::Field> print_op(const Op& op) {
  const OpRow& row = row_of(op);
  if (row.fixed) return {};
  std::vector<FieldPrinter::Field> fields = print_fields(op);
  const std::vector<FieldPrinter::Field> standard = print_fields(row.prototype);
  std::size_t i = 0;
  std::erase_if(fields, [&](const FieldPrinter::Field& field) {
    const bool same = field.text == standard[i++].text;
    return same && !field.is_required;
  });
  return fields;
}

std::string print_attributes(const Op& op) {
  std::string text;
  for (const FieldPrinter::Field& field : print_op(op)) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.key, field.text);
  }
  return text;
}

}  // namespace banoff
