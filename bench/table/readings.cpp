// Sentences that follow from the data.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "bench/table/grids.hpp"
#include "bench/table/quantity.hpp"

namespace banoff::bench {

namespace {

/// Labels of the rows, or "every network" when that is all of them.
std::string names(const std::vector<std::string>& labels, std::size_t all) {
  if (labels.size() == all && all > 1) return "every network";
  return fmt::format("{}", fmt::join(labels, ", "));
}

/// The labels of rows for which `holds` is true of the first measured cell.
template <class Holds>
std::vector<std::string> rows_where(const TableReport& table, Holds&& holds) {
  std::vector<std::string> labels;
  for (const auto& [row, cells] : table.rows) {
    const auto cell = std::ranges::find_if(cells, [](const Cell& c) { return !c.results.empty(); });
    if (cell != cells.end() && holds(*cell)) labels.push_back(row.label);
  }
  return labels;
}

std::size_t folded(const Cell& cell, Method method) {
  const Result* result = find_result(cell, method);
  return result == nullptr ? 0 : result->bn.folded;
}

void say_counts(const TableReport& table, std::vector<std::string>& sentences) {
  const std::size_t all = table.rows.size();
  const auto say = [&](const std::vector<std::string>& labels, const char* sentence) {
    if (!labels.empty()) sentences.push_back(fmt::format("{}: {}", names(labels, all), sentence));
  };
  say(rows_where(table, [](const Cell& c) { return folded(c, Method::naive) == folded(c, Method::banoff); }),
      "naive and BaN-OFF fold equally many norms.");
  say(rows_where(table, [](const Cell& c) { return folded(c, Method::naive) < folded(c, Method::banoff); }),
      "BaN-OFF folds more norms than naive.");
  say(rows_where(table, [](const Cell& c) { return folded(c, Method::optimal) > folded(c, Method::banoff); }),
      "optimal folds norms that BaN-OFF leaves.");
  say(rows_where(table,
                 [](const Cell& c) {
                   return std::ranges::any_of(c.results, [](const Result& r) { return r.activations == "clamp"; });
                 }),
      "with clamps another number of norms folds.");
}

/// What was not measured, by reason, with the places and networks that have it.
void say_missing(const TableReport& table, std::vector<std::string>& sentences) {
  std::vector<std::pair<std::string, std::vector<std::string>>> reasons;  // "place: reason", labels
  const auto add = [&](const std::string& reason, const std::string& label) {
    auto known = std::ranges::find(reasons, reason, [](const auto& pair) { return pair.first; });
    if (known == reasons.end()) known = reasons.insert(reasons.end(), {reason, {}});
    known->second.push_back(label);
  };
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      if (!cell.not_measured.empty())
        add(fmt::format("({}): not measured: {}", setting_of(cell), cell.not_measured), row.label);
      for (const std::string& note : cell.notes) add(fmt::format("({}): {}", setting_of(cell), note), row.label);
    }
  }
  for (const auto& [reason, labels] : reasons)
    sentences.push_back(fmt::format("{} {}", fmt::join(labels, ", "), reason));
}

/// Which measured effects could be none at all, and what was timed once for several methods.
void say_limits(const TableReport& table, std::vector<std::string>& sentences) {
  std::vector<std::string> noisy;
  std::size_t same = 0;
  for (const auto& [row, cells] : table.rows) {
    for (const Cell& cell : cells) {
      const bool lost = std::ranges::any_of(table.spec.columns, [&](const Column& column) {
        const auto value = measured(column, cell);
        return value && value->noisy;
      });
      if (lost) noisy.push_back(cell.stack.empty() ? row.label : fmt::format("{} ({})", row.label, place_of(cell)));
      same += static_cast<std::size_t>(
          std::ranges::count_if(cell.results, [](const Result& r) { return !r.same_as.empty(); }));
    }
  }
  if (!noisy.empty())
    sentences.push_back(fmt::format("{}: the interval (~) is wider than an effect.", fmt::join(noisy, ", ")));
  if (same > 0) sentences.push_back("Networks that two methods fold alike were timed once (\"= method\").");
}

/// Columns of devices that this run had not.
void say_devices(const TableReport& table, std::vector<std::string>& sentences) {
  std::set<std::string> devices;
  for (const RowReport& row : table.rows) {
    for (const Cell& cell : row.cells) {
      if (!cell.device.empty()) devices.insert(cell.device);
    }
  }
  for (const Column& column : table.spec.columns) {
    if (column.device.empty() || devices.contains(column.device)) continue;
    sentences.push_back(fmt::format("{}: not measured: this run had {} and no {}.", column.title,
                                    fmt::join(devices, ", "), column.device));
  }
}

}  // namespace

std::vector<std::string> readings(const TableReport& table) {
  std::vector<std::string> sentences;
  say_counts(table, sentences);
  say_devices(table, sentences);
  say_missing(table, sentences);
  say_limits(table, sentences);
  return sentences;
}

}  // namespace banoff::bench
