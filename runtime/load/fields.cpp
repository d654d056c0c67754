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
template <class T>
Attributes with_depthwise(const Attributes& attributes, const FieldReader::Fail& fail) {
  Attributes result = attributes;
  if constexpr (std::is_same_v<T, Conv>) {
    if (const auto found = result.find("groups"); found != result.end()) {
      Attribute& groups = found->second;
      const auto* word = groups.value.as<std::string>();
      if (groups.value == Datum(std::int64_t{0})) fail(groups.line, "groups: expected 1 or more, or depthwise, got 0");
      if (word != nullptr && *word == depthwise) groups.value = Datum(std::int64_t{0});
    }
  }
  return result;
}

/// The end of a slice may be null: to the end.
template <class T>
Attributes with_open_ends(Attributes attributes) {
  if constexpr (std::is_same_v<T, Slice>) {
    const auto open = [](const Datum& end) { return end.is_null() ? Datum(Slice::to_end) : end; };
    if (const auto found = attributes.find("end"); found != attributes.end()) {
      Datum& end = found->second.value;
      if (const auto* items = end.items()) {
        std::vector<Datum> ends;
        std::ranges::transform(*items, std::back_inserter(ends), open);
        end = Datum(std::move(ends));
      } else {
        end = open(end);
      }
    }
  }
  return attributes;
}

template <class T>
std::vector<FieldPrinter::Field> print_fields(const T& op) {
  FieldPrinter printer;
  op.fields(printer, op);
  if constexpr (std::is_same_v<T, Conv>) {
    const auto groups = std::ranges::find(printer.fields, "groups", &FieldPrinter::Field::key);
    if (op.groups == 0) groups->text = depthwise;
  }
  if constexpr (std::is_same_v<T, Slice>) {
    std::vector<std::optional<std::int64_t>> ends;
    for (const std::int64_t end : op.end) {
      ends.push_back(end == Slice::to_end ? std::nullopt : std::optional(end));
    }
    std::ranges::find(printer.fields, "end", &FieldPrinter::Field::key)->text = print_attribute(ends);
  }
  return std::move(printer.fields);
}

}  // namespace

Op read_op(const OpRow& row, const Attributes& attributes, int line, const FieldReader::Fail& fail) {
  Op result = row.prototype;
  std::visit(
      [&]<class T>(T& op) {
        const Attributes given = with_open_ends<T>(with_depthwise<T>(attributes, fail));
        FieldReader reader(given, line, fail);
        if (!row.fixed) op.fields(reader, op);
        reader.finish({"op", "from", "when", "repeat", "weights_from"});
      },
      result);
  return result;
}

std::vector<FieldPrinter::Field> print_op(const Op& op) {
  const OpRow& row = row_of(op);
  if (row.fixed) return {};
  return std::visit(
      [&]<class T>(const T& self) {
        std::vector<FieldPrinter::Field> fields = print_fields(self);
        const std::vector<FieldPrinter::Field> standard = print_fields(std::get<T>(row.prototype));
        std::size_t i = 0;
        std::erase_if(fields, [&](const FieldPrinter::Field& field) {
          const bool same = field.text == standard[i++].text;
          return same && !field.is_required;
        });
        return fields;
      },
      op);
}

std::string print_attributes(const Op& op) {
  std::string text;
  for (const FieldPrinter::Field& field : print_op(op)) {
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", field.key, field.text);
  }
  return text;
}

}  // namespace banoff
