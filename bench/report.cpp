// What `banoff bench` prints: a table for people, JSON for programs.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/bench.hpp"

namespace banoff::bench {

namespace {
constexpr double noisy_cv = 0.025;  // beyond this trtexec warns as well
}

nlohmann::json to_json(const BenchReport& report, const BenchOptions& options) {
  nlohmann::json json{{"machine", to_json(report.machine)},
                      {"options",
                       {{"warmup_ms", options.timing.warmup_ms},
                        {"duration_s", options.timing.duration_s},
                        {"iterations", options.timing.iterations},
                        {"repetitions", options.timing.repetitions}}},
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
  text += fmt::format("{:<20} {:<7} {:<8} {:>9} {:<9} {:>3} {:>5} {:>10} {:>20} {:>10} {:>6} {:>9} {:>9}\n", "model",
                      "method", "norms", "folded", "device", "thr", "batch", "median ms", "95 % interval", "p90 ms",
                      "cv %", "speed-up", "vs fused");
  bool noisy = false;
  for (const Result& row : report.results) {
    const Summary& s = row.summary;
    noisy = noisy || s.cv > noisy_cv;
    text += fmt::format(
        "{:<20} {:<7} {:<8} {:>9} {:<9} {:>3} {:>5} {:>10.4f} {:>20} {:>10.4f} {:>5.1f}{} {:>8.1f}% {:>8.1f}%\n",
        row.model, row.method, row.norms, fmt::format("{}/{}", row.bn.folded, row.bn.total), row.device, row.threads,
        row.batch, s.median, fmt::format("{:.4f}..{:.4f}", s.low95, s.high95), s.p90, 100 * s.cv,
        s.cv > noisy_cv ? "!" : " ", row.speedup_percent, row.speedup_fused_percent);
  }
  if (noisy) text += "! repetitions differ by more than 2.5 %: other work on this machine? Try --duration 10.\n";
  return text;
}

}  // namespace banoff::bench
