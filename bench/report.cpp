// What `banoff bench` prints: a table for people, JSON for programs.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/bench.hpp"

namespace banoff::bench {

namespace {
constexpr double noisy_cv = 0.025;  // beyond this trtexec warns as well

std::string to_text(const std::optional<Estimate>& saved) {
  return saved ? fmt::format("{:.1f} ±{:.1f}", saved->value, saved->half_width()) : "-";
}
}  // namespace

nlohmann::json to_json(const BenchReport& report, const BenchOptions& options) {
  nlohmann::json json{{"machine", to_json(report.machine)},
                      {"options",
                       {{"warmup_ms", options.timing.warmup_ms},
                        {"duration_s", options.timing.duration_s},
                        {"iterations", options.timing.iterations},
                        {"rounds", options.timing.rounds}}},
                      {"peak_rss_kb", report.peak_rss_kb},
                      {"results", nlohmann::json::array()}};
  json["machine"]["load_average"] = report.load_average;
  for (const Result& row : report.results) json["results"].push_back(to_json(row, options.percentiles));
  return json;
}

std::string to_text(const BenchReport& report) {
  std::string text =
      fmt::format("{} ({} of {} processors), {}, load {:.2f}\n", report.machine.cpu, report.machine.usable,
                  report.machine.processors, report.machine.onednn, report.load_average);
  text += fmt::format("{:<20} {:<7} {:<8} {:>9} {:<9} {:>3} {:>5} {:>10} {:>10} {:>10} {:>6} {:>16} {:>16}\n", "model",
                      "method", "norms", "folded", "device", "thr", "batch", "median ms", "least ms", "cpu ms", "cv %",
                      "saved %", "vs fused %");
  bool noisy = false;
  for (const Result& row : report.results) {
    const Summary& s = row.summary;
    noisy = noisy || s.cv > noisy_cv;
    text += fmt::format(
        "{:<20} {:<7} {:<8} {:>9} {:<9} {:>3} {:>5} {:>10.4f} {:>10.4f} {:>10.4f} {:>5.1f}{} {:>16} {:>16}\n",
        row.model, row.method, row.norms, fmt::format("{}/{}", row.bn.folded, row.bn.total), row.device, row.threads,
        row.batch, s.median, s.min, row.cpu_median_ms, 100 * s.cv, s.cv > noisy_cv ? "!" : " ", to_text(row.saved),
        to_text(row.saved_from_fused));
  }
  if (noisy)
    text +=
        "! passes differ by more than 2.5 %: other work on this machine? With one thread, read cpu ms and what is "
        "saved by it.\n";
  return text;
}

}  // namespace banoff::bench
