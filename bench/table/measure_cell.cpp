#include "bench/table/measure_cell.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace banoff::bench {

namespace {

using Json = nlohmann::json;

/// Times all ways in one process.
Cell one_sitting(const BenchOptions& bench, const Ears& ears) {
  const auto work = [&bench](const Ears& child) {
    const BenchReport report = run(bench, child.say, child.progress);
    Json results = Json::array();
    for (const Result& row : report.results) results.push_back(to_json(row, bench.percentiles));
    return Json{{"results", std::move(results)}, {"load", report.load_average}}.dump();
  };
  const Json json = Json::parse(in_child(work, ears).text);
  Cell cell;
  for (const Json& row : json.at("results")) cell.results.push_back(result_from_json(row));
  cell.load_average = json.at("load");
  return cell;
}

/// Times all ways in several processes, and puts their passes behind each other.
Cell time_all(BenchOptions bench, const Ears& ears) {
  const auto share_of = [&](int sitting, int count) {
    return Ears{ears.say, [&ears, sitting, count](double share) { ears.progress((sitting + share) / count); }};
  };
  bench.sitting = true;
  Cell cell = one_sitting(bench, share_of(0, sittings(0)));
  const int count = bench.timed && !cell.results.empty() ? sittings(cell.results.front().flops) : 1;
  for (int sitting = 1; sitting < count; ++sitting) {
    const Cell next = one_sitting(bench, share_of(sitting, count));
    for (std::size_t i = 0; i < std::min(cell.results.size(), next.results.size()); ++i) {
      Passes& passes = cell.results[i].passes;
      passes.insert(passes.end(), next.results[i].passes.begin(), next.results[i].passes.end());
    }
  }
  for (Result& row : cell.results) {
    summarize(row, bench.percentiles);
    row.passes.clear();  // the medians are what tables keep
  }
  return cell;
}

/// The peak of a process that loads, folds, compiles and runs this way once.
long peak_rss_kb(BenchOptions bench, const Result& row) {
  bench.ways = {{method_named(row.method),
                 row.activations.empty() ? Activations::literal : activations_named(row.activations),
                 row.norms == "fused" ? Norms::fused : Norms::separate}};
  bench.timing.rounds = 0;  // making it ready ran it once
  bench.quick = false;
  const Ears deaf{[](const std::string&) {}, [](double) {}};
  const auto work = [&bench](const Ears& child) {
    (void)run(bench, child.say, child.progress);
    return std::string();
  };
  return in_child(work, deaf).peak_rss_kb;
}

}  // namespace

Cell measure_cell(const BenchOptions& bench, const Ears& ears) {
  Cell cell = time_all(bench, ears);
  // What a process holds beside a GPU is its driver and libraries, and their loading takes long.
  const bool on_gpu = !bench.devices.empty() && bench.devices.front().starts_with("gpu");
  if (bench.timed && !on_gpu) {
    for (Result& row : cell.results) {
      const Result* same = timed_row(cell.results, row);
      row.peak_rss_kb = same == nullptr ? peak_rss_kb(bench, row) : same->peak_rss_kb;
    }
  }
  return cell;
}

}  // namespace banoff::bench
