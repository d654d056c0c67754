// Reports made of numbers, for tests of what is computed and printed of them.
#pragma once

#include "bench/table/report.hpp"

/// A row of eight passes around `ms`. What runs folded is off by `spread` ms to one side or the other, pass by pass.
inline banoff::bench::Result synthetic_result(const std::string& method, double ms, double spread = 0,
                                              const std::string& norms = "separate") {
  using namespace banoff::bench;
  Result r;
  r.model = "net";
  r.method = method;
  r.activations = method == "optimal" ? "literal" : "";
  r.norms = norms;
  r.device = "cpu";
  r.threads = 2;
  for (int i = 0; i < 8; ++i) {
    const double at = ms + (method == "none" ? 0 : (i - 3.5) * spread);
    r.passes.push_back({{at, at}, {at, at}, {at, at}});
  }
  summarize(r, std::vector<double>{90, 95, 99});
  r.passes.clear();
  r.kernels = method == "none" ? 7 : 5;
  r.bytes_moved = method == "none" ? 3'000'000 : 2'000'000;
  r.bn = {.total = 4, .folded = method == "none" ? 0U : method == "naive" ? 2U : 3U};
  r.bn.parameters_before = 1000;
  r.bn.parameters_after = method == "none" ? 1000 : 900;
  r.bn.trainable_before = 950;
  r.bn.trainable_after = method == "none" ? 950 : 880;
  r.bn.norm_percent = 12.5;
  r.difference = {method == "none" ? 0 : 2e-6, method == "none" ? 0 : 1e-7, method == "none" ? 0 : 3e-6};
  r.peak_rss_kb = 2000;
  return r;
}

/// Unfolded 10 ms, naive 8 ms, BaN-OFF 6 ms; every pass of what is folded `spread` ms apart.
inline banoff::bench::Cell synthetic_cell(double spread = 0) {
  banoff::bench::Cell cell;
  cell.device = "cpu";
  cell.threads = 2;
  cell.results = {synthetic_result("none", 10, spread), synthetic_result("none", 9, spread, "fused"),
                  synthetic_result("naive", 8, spread), synthetic_result("banoff", 6, spread),
                  synthetic_result("optimal", 6, spread)};
  return cell;
}

/// A table of two rows: one measured, one that could not be.
inline banoff::bench::Report synthetic_report(double spread = 0) {
  using namespace banoff;
  using namespace banoff::bench;
  Report report;
  report.version = "1.2.3";
  report.machine = {"CPU <fast> & cheap", {"avx2"}, 4, 2, "oneDNN 9", ""};
  TableReport table;
  table.spec.name = "table4";
  table.spec.title = "Some \"nets\" <b>";
  table.spec.source = "a paper";
  table.spec.columns = {{"m3", "CPU m3", "speedup", Method::banoff, "cpu"},
                        {"gpu", "RTX 3090", "speedup", Method::banoff, "gpu"}};
  Row first, second;
  first.label = "first|net";
  first.published = {{"m3", 20}, {"gpu", 50}};
  second.label = "second";
  second.published = {{"m3", 30}};
  Cell failed;
  failed.device = "cpu";
  failed.not_measured = "second.yaml: cannot be opened";
  failed.exit_code = 3;
  table.rows = {{first, {synthetic_cell(spread)}}, {second, {failed}}};
  report.tables = {table};
  return report;
}
