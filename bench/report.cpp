// What `banoff bench` prints: a table for people, JSON for programs.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/bench.hpp"

namespace banoff::bench {

namespace {

constexpr double noisy_cv = 0.025;  // beyond this trtexec warns as well

nlohmann::json percentile_json(const Result& row, const BenchOptions& options) {
  nlohmann::json result = nlohmann::json::object();
  for (std::size_t i = 0; i < options.percentiles.size() && i < row.summary.percentiles.size(); ++i) {
    const double value = row.summary.percentiles[i];
    result[fmt::format("p{:g}", options.percentiles[i])] = std::isnan(value) ? nlohmann::json() : nlohmann::json(value);
  }
  return result;
}

nlohmann::json row_json(const Result& row, const BenchOptions& options) {
  std::vector<double> samples;
  for (const auto& repetition : row.samples_ms) samples.insert(samples.end(), repetition.begin(), repetition.end());
  std::vector<double> sorted = samples;
  std::ranges::sort(sorted);
  const Summary& s = row.summary;
  return {{"model", row.model},
          {"method", row.method},
          {"norms", row.norms},
          {"device", row.device},
          {"threads", row.threads},
          {"batch", row.batch},
          {"bn", {{"total", row.norms_total}, {"folded", row.norms_folded}}},
          {"load_ms", row.load_ms},
          {"fold_ms", row.fold_ms},
          {"compile_ms", row.compile_ms},
          {"first_run_ms", row.first_run_ms},
          {"arena_bytes", row.arena_bytes},
          {"weight_bytes", row.weight_bytes},
          {"samples_ms", samples},
          {"median_ms", s.median},
          {"median_interval95_ms", {s.low95, s.high95}},
          {"mean_ms", s.mean},
          {"min_ms", s.min},
          {"max_ms", s.max},
          {"p90_ms", sorted.empty() ? 0 : quantile(sorted, 0.9)},
          {"percentiles_ms", percentile_json(row, options)},
          {"cv", s.cv},
          {"throughput_per_s", s.median > 0 ? 1000 * static_cast<double>(row.batch) / s.median : 0},
          {"speedup_percent", row.speedup_percent},
          {"speedup_vs_fused_percent", row.speedup_fused_percent}};
}

}  // namespace

nlohmann::json to_json(const BenchReport& report, const BenchOptions& options) {
  const MachineInfo& m = report.machine;
  nlohmann::json json{{"machine",
                       {{"cpu", m.cpu},
                        {"isa", m.isa},
                        {"processors", m.processors},
                        {"usable", m.usable},
                        {"onednn", m.onednn},
                        {"load_average", report.load_average}}},
                      {"options",
                       {{"warmup_ms", options.timing.warmup_ms},
                        {"duration_s", options.timing.duration_s},
                        {"iterations", options.timing.iterations},
                        {"repetitions", options.timing.repetitions}}},
                      {"peak_rss_kb", report.peak_rss_kb},
                      {"results", nlohmann::json::array()}};
  for (const Result& row : report.results) json["results"].push_back(row_json(row, options));
  return json;
}

std::string to_text(const BenchReport& report, const BenchOptions& options) {
  std::string text =
      fmt::format("{} ({} of {} processors), {}, load {:.2f}\n", report.machine.cpu, report.machine.usable,
                  report.machine.processors, report.machine.onednn, report.load_average);
  text += fmt::format("{:<20} {:<7} {:<8} {:>9} {:<9} {:>3} {:>5} {:>10} {:>20} {:>10} {:>6} {:>9} {:>9}\n", "model",
                      "method", "norms", "folded", "device", "thr", "batch", "median ms", "95 % interval", "p90 ms",
                      "cv %", "speed-up", "vs fused");
  bool noisy = false;
  for (const Result& row : report.results) {
    const Summary& s = row.summary;
    const double p90 = row_json(row, options)["p90_ms"];
    noisy = noisy || s.cv > noisy_cv;
    text += fmt::format(
        "{:<20} {:<7} {:<8} {:>9} {:<9} {:>3} {:>5} {:>10.4f} {:>20} {:>10.4f} {:>5.1f}{} {:>8.1f}% {:>8.1f}%\n",
        row.model, row.method, row.norms, fmt::format("{}/{}", row.norms_folded, row.norms_total), row.device,
        row.threads, row.batch, s.median, fmt::format("{:.4f}..{:.4f}", s.low95, s.high95), p90, 100 * s.cv,
        s.cv > noisy_cv ? "!" : " ", row.speedup_percent, row.speedup_fused_percent);
  }
  if (noisy) text += "! repetitions differ by more than 2.5 %: other work on this machine? Try --duration 10.\n";
  return text;
}

}  // namespace banoff::bench
