#include "bench/table/report.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/stacks/catalogue.hpp"

namespace banoff::bench {

std::string place_of(const Cell& cell) {
  return cell.stack.empty() ? cell.device : Stack{cell.stack, cell.mode}.title();
}

std::vector<std::string> places_of(const TableReport& table) {
  std::vector<std::string> places;
  for (const RowReport& row : table.rows) {
    for (const Cell& cell : row.cells) {
      if (std::ranges::find(places, place_of(cell)) == places.end()) places.push_back(place_of(cell));
    }
  }
  return places;
}

bool has_stacks(const TableReport& table) {
  return std::ranges::any_of(table.rows, [](const RowReport& row) {
    return std::ranges::any_of(row.cells, [](const Cell& cell) { return !cell.stack.empty(); });
  });
}

const Result* timed_row(const std::vector<Result>& rows, const Result& row) {
  const auto found = std::ranges::find_if(
      rows, [&](const Result& r) { return r.method == row.same_as && r.norms == row.norms && r.same_as.empty(); });
  return found == rows.end() ? nullptr : &*found;
}

std::string sizes_of(const Cell& cell) {
  const int threads = cell.results.empty() ? cell.threads : cell.results.front().threads;
  const std::string count = threads == 0 ? "all threads" : fmt::format("{} thread{}", threads, threads == 1 ? "" : "s");
  return fmt::format("{}, batch {}", count, cell.batch);
}

std::string setting_of(const Cell& cell) {
  return cell.device.empty() ? "counts" : fmt::format("{}, {}", place_of(cell), sizes_of(cell));
}

std::string way_of(Method method) { return method == Method::banoff ? "BaN-OFF" : std::string(name_of(method)); }

std::string way_of(const Result& result) {
  std::string way = way_of(method_named(result.method));
  if (result.activations == "clamp") way += " with clamps";
  if (result.norms == "fused") way += ", norms fused";
  return way;
}

const Result* find_result(const Cell& cell, Method method) {
  const auto found = std::ranges::find_if(cell.results, [&](const Result& r) {
    return r.method == name_of(method) && r.activations != "clamp" && r.norms != "fused";
  });
  return found == cell.results.end() ? nullptr : &*found;
}

const Result* fused_baseline(const Cell& cell) {
  const auto found =
      std::ranges::find_if(cell.results, [](const Result& r) { return r.method == "none" && r.norms == "fused"; });
  return found == cell.results.end() ? nullptr : &*found;
}

}  // namespace banoff::bench
