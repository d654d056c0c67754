#include "bench/table/spec.hpp"

#include <algorithm>

#include "bench/table/document.hpp"
#include "bench/table/quantity.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

constexpr std::int64_t most_size = 1 << 20;

std::filesystem::path find_model(const std::filesystem::path& table, const std::string& name) {
  const std::filesystem::path folder = std::filesystem::absolute(table).parent_path();
  const std::filesystem::path in_zoo = (folder / "../models" / name).lexically_normal();
  std::error_code ignored;
  return std::filesystem::exists(in_zoo, ignored) ? in_zoo : (folder / name).lexically_normal();
}

Column read_column(const std::string& key, const Document& document) {
  Column column;
  column.key = column.title = key;
  for (const auto& [name, value] : document.entries({"title", "quantity", "method", "device"})) {
    if (name == "title") column.title = value.text();
    else if (name == "device") column.device = value.text();
    else if (name == "quantity") {
      column.quantity = value.text();
      if (!is_quantity(column.quantity))
        value.fail(
            fmt::format("unknown quantity '{}' (known: {})", column.quantity, fmt::join(quantity_names(), ", ")));
    } else {
      try {
        column.method = method_named(value.text());
      } catch (const Error& error) {
        value.fail(error.what());
      }
    }
  }
  if (column.quantity.empty()) document.fail(fmt::format("column '{}' has no quantity", key));
  return column;
}

/// As --shape does: `H: 512` is a symbol's size, `image: [1, 3, 512, 512]` a whole shape.
void read_shape(const Document& document, Row& row) {
  for (const auto& [name, value] : document.entries()) {
    if (!value.is_list()) {
      row.symbols[name] = value.integer(1, most_size);
      continue;
    }
    Shape shape;
    for (const Document& size : value.items()) shape.push_back(size.integer(1, most_size));
    row.shapes[name] = shape;
  }
}

Row read_row(const Document& document, const TableSpec& table) {
  Row row;
  for (const auto& [name, value] : document.entries({"label", "group", "model", "shape", "published"})) {
    if (name == "label") row.label = value.text();
    else if (name == "group") row.group = value.text();
    else if (name == "model") row.model = find_model(table.file, value.text());
    else if (name == "shape") read_shape(value, row);
    else {
      for (const auto& [column, number] : value.entries()) {
        if (std::ranges::find(table.columns, column, &Column::key) == table.columns.end())
          number.fail(fmt::format("there is no column '{}'", column));
        row.published[column] = number.number();
      }
    }
  }
  if (row.model.empty()) document.fail("the row has no model");
  if (row.label.empty()) row.label = row.model.stem().string();
  return row;
}

void read_settings(const Document& document, TableSpec& table) {
  for (const auto& [name, value] : document.entries({"batch", "threads", "duration", "timed"})) {
    if (name == "batch") {
      table.batches.clear();
      for (const Document& item : value.items()) table.batches.push_back(item.integer(1, most_size));
    } else if (name == "threads") {
      table.threads.clear();
      for (const Document& item : value.items()) table.threads.push_back(static_cast<int>(item.integer(0, 4096)));
    } else if (name == "duration") {
      table.duration_s = value.number();
      if (*table.duration_s < 0) value.fail("a duration is at least 0 seconds");
    } else {
      table.timed = value.boolean();
    }
  }
}

}  // namespace

TableSpec read_table(const std::filesystem::path& file) {
  const Document document(file.string());
  TableSpec table;
  table.file = file;
  const auto entries = document.entries({"name", "title", "source", "note", "settings", "columns", "rows"});
  for (const auto& [key, value] : entries) {
    if (key == "name") table.name = value.text();
    else if (key == "title") table.title = value.text();
    else if (key == "source") table.source = value.text();
    else if (key == "note") table.note = value.text();
    else if (key == "settings") read_settings(value, table);
    else if (key == "columns") {
      for (const auto& [name, column] : value.entries()) table.columns.push_back(read_column(name, column));
    }
  }
  if (table.name.empty()) table.name = file.stem().string();
  if (table.title.empty()) table.title = table.name;
  if (table.columns.empty()) document.fail("the table has no columns");
  for (const auto& [key, value] : entries) {  // rows name columns, wherever they stand
    if (key != "rows") continue;
    if (!value.is_list()) value.fail("expected a list of rows");
    for (const Document& row : value.items()) table.rows.push_back(read_row(row, table));
  }
  if (table.rows.empty()) document.fail("the table has no rows");
  return table;
}

}  // namespace banoff::bench
