// Reports as JSON and back.
#include <fstream>

#include "bench/stacks/catalogue.hpp"
#include "bench/table/quantity.hpp"
#include "bench/table/report.hpp"
#include "runtime/core/fail.hpp"

namespace banoff::bench {

namespace {

using Json = nlohmann::json;

Json columns_json(const TableSpec& table) {
  Json columns = Json::array();
  for (const Column& c : table.columns) {
    columns.push_back({{"key", c.key},
                       {"title", c.title},
                       {"quantity", c.quantity},
                       {"method", std::string(name_of(c.method))},
                       {"device", c.device}});
  }
  return columns;
}

/// What stands beside each published number, so that readers of the JSON need no formula.
Json measured_json(const TableSpec& table, const Cell& cell) {
  Json values = Json::object();
  for (const Column& column : table.columns) {
    const auto value = measured(column, cell);
    if (!value) continue;
    values[column.key] = {{"value", value->value}, {"noisy", value->noisy}};
    if (value->low) values[column.key]["interval95"] = {*value->low, *value->high};
  }
  return values;
}

Json table_json(const TableReport& table) {
  const TableSpec& spec = table.spec;
  Json rows = Json::array();
  for (const auto& [row, cells] : table.rows) {
    Json list = Json::array();
    for (const Cell& cell : cells) {
      list.push_back(to_json(cell));
      list.back()["measured"] = measured_json(spec, cell);
    }
    rows.push_back({{"label", row.label},
                    {"group", row.group},
                    {"model", row.model.filename().string()},
                    {"published", row.published},
                    {"cells", std::move(list)}});
  }
  return {{"name", spec.name}, {"title", spec.title},           {"source", spec.source},
          {"note", spec.note}, {"columns", columns_json(spec)}, {"rows", std::move(rows)}};
}

TableReport table_from(const Json& json) {
  TableReport table;
  TableSpec& spec = table.spec;
  json.at("name").get_to(spec.name);
  json.at("title").get_to(spec.title);
  json.at("source").get_to(spec.source);
  json.at("note").get_to(spec.note);
  for (const Json& c : json.at("columns")) {
    Column column{c.at("key"), c.at("title"), c.at("quantity"), method_named(c.at("method").get<std::string>()),
                  c.at("device")};
    if (!is_quantity(column.quantity)) fail_input("unknown quantity '{}'", column.quantity);
    spec.columns.push_back(std::move(column));
  }
  for (const Json& r : json.at("rows")) {
    RowReport row;
    r.at("label").get_to(row.row.label);
    r.at("group").get_to(row.row.group);
    row.row.model = r.at("model").get<std::string>();
    r.at("published").get_to(row.row.published);
    for (const Json& cell : r.at("cells")) row.cells.push_back(cell_from_json(cell));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

Json to_json(const Cell& cell) {
  Json results = Json::array();
  for (const Result& result : cell.results) results.push_back(to_json(result, std::vector<double>{90, 95, 99}));
  return {{"device", cell.device},       {"stack", cell.stack},
          {"mode", cell.mode},           {"versions", cell.versions},
          {"notes", cell.notes},         {"threads", cell.threads},
          {"batch", cell.batch},         {"load_average", cell.load_average},
          {"resumed", cell.resumed},     {"not_measured", cell.not_measured.empty() ? Json() : Json(cell.not_measured)},
          {"exit_code", cell.exit_code}, {"results", std::move(results)}};
}

Cell cell_from_json(const Json& json) {
  Cell cell;
  json.at("device").get_to(cell.device);
  if (json.contains("stack")) {  // older results have none
    json.at("stack").get_to(cell.stack);
    json.at("mode").get_to(cell.mode);
    json.at("versions").get_to(cell.versions);
    json.at("notes").get_to(cell.notes);
    if (!cell.stack.empty()) (void)modes_of(cell.stack);
  }
  json.at("threads").get_to(cell.threads);
  json.at("batch").get_to(cell.batch);
  json.at("load_average").get_to(cell.load_average);
  json.at("resumed").get_to(cell.resumed);
  if (!json.at("not_measured").is_null()) json.at("not_measured").get_to(cell.not_measured);
  json.at("exit_code").get_to(cell.exit_code);
  for (const Json& result : json.at("results")) cell.results.push_back(result_from_json(result));
  return cell;
}

Json to_json(const Report& report) {
  Json tables = Json::array();
  for (const TableReport& table : report.tables) tables.push_back(table_json(table));
  return {{"banoff", report.version},
          {"machine", to_json(report.machine)},
          {"options", report.options},
          {"tables", std::move(tables)}};
}

Report read_report(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail_input("{}: cannot be opened", file.string());
  try {
    const Json json = Json::parse(stream);
    Report report;
    json.at("banoff").get_to(report.version);
    report.machine = machine_from(json.at("machine"));
    report.options = json.at("options");
    for (const Json& table : json.at("tables")) report.tables.push_back(table_from(table));
    return report;
  } catch (const Json::exception& error) {
    fail_input("{}: not the JSON of `banoff bench --table`: {}", file.string(), error.what());
  } catch (const Error& error) {
    fail_input("{}: not the JSON of `banoff bench --table`: {}", file.string(), error.what());
  }
}

}  // namespace banoff::bench
