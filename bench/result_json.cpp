// A measured row as JSON and back.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include "bench/bench.hpp"

namespace banoff::bench {

namespace {

using Json = nlohmann::json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }
double number(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

Json percentiles_json(const Summary& summary, std::span<const double> percents) {
  Json result = Json::object();
  for (std::size_t i = 0; i < percents.size() && i < summary.percentiles.size(); ++i)
    result[fmt::format("p{:g}", percents[i])] = number(summary.percentiles[i]);
  return result;
}

Json folding_json(const Folding& f) {
  return {{"total", f.total},
          {"folded", f.folded},
          {"folded_with_clamp", f.with_clamp},
          {"parameters", {{"before", f.parameters_before}, {"after", f.parameters_after}}},
          {"trainable", {{"before", f.trainable_before}, {"after", f.trainable_after}}},
          {"removed_percent_paper", f.removed_percent},
          {"norm_percent_paper", f.norm_percent}};
}

Folding folding_from(const Json& json) {
  Folding f;
  json.at("total").get_to(f.total);
  json.at("folded").get_to(f.folded);
  json.at("folded_with_clamp").get_to(f.with_clamp);
  json.at("parameters").at("before").get_to(f.parameters_before);
  json.at("parameters").at("after").get_to(f.parameters_after);
  json.at("trainable").at("before").get_to(f.trainable_before);
  json.at("trainable").at("after").get_to(f.trainable_after);
  json.at("removed_percent_paper").get_to(f.removed_percent);
  json.at("norm_percent_paper").get_to(f.norm_percent);
  return f;
}

Json times_json(const std::vector<Sample>& samples, Clock clock) {
  Json times = Json::array();
  for (const Sample& sample : samples) times.push_back(at(sample, clock));
  return times;
}

Json estimate_json(const std::optional<Estimate>& estimate) {
  if (!estimate) return {};
  return {{"percent", estimate->value}, {"interval95", {estimate->low, estimate->high}}};
}

std::optional<Estimate> estimate_from(const Json& json) {
  if (json.is_null()) return std::nullopt;
  const Json& interval = json.at("interval95");
  return Estimate{json.at("percent"), interval.at(0), interval.at(1)};
}

/// Of results of older versions: all times as one list, with the size of each repetition beside it, by the wall's
/// clock.
Passes passes_from(const Json& json) {
  const auto samples = json.at("samples_ms").get<std::vector<double>>();
  Passes result;
  std::size_t at = 0;
  for (const auto& size : json.at("repetition_sizes")) {
    const auto end = std::min(samples.size(), at + std::min(samples.size(), size.get<std::size_t>()));
    Block& block = result.emplace_back();
    for (; at < end; ++at) block.push_back({samples[at], samples[at]});
  }
  return result;
}

/// Every run, where they were kept.
Passes kept_passes(const Json& json) {
  Passes result;
  if (!json.contains("cpu_samples_ms")) return result;
  const Json &wall = json.at("samples_ms"), &cpu = json.at("cpu_samples_ms");
  for (std::size_t pass = 0; pass < std::min(wall.size(), cpu.size()); ++pass)
    result.push_back(block_of(wall[pass], cpu[pass]));
  return result;
}

Summary summary_from(const Json& json) {
  Summary s;
  json.at("median_ms").get_to(s.median);
  json.at("median_interval95_ms").at(0).get_to(s.low95);
  json.at("median_interval95_ms").at(1).get_to(s.high95);
  json.at("mean_ms").get_to(s.mean);
  json.at("min_ms").get_to(s.min);
  json.at("max_ms").get_to(s.max);
  json.at("p90_ms").get_to(s.p90);
  json.at("cv").get_to(s.cv);
  for (const auto& [name, value] : json.at("percentiles_ms").items()) s.percentiles.push_back(number(value));
  return s;
}

}  // namespace

Json to_json(const MachineInfo& m) {
  return {{"cpu", m.cpu},       {"isa", m.isa},       {"processors", m.processors},
          {"usable", m.usable}, {"onednn", m.onednn}, {"gpu", m.gpu}};
}

MachineInfo machine_from(const Json& m) {
  return {m.at("cpu"),    m.at("isa"),    m.at("processors"),
          m.at("usable"), m.at("onednn"), m.value("gpu", std::string())};  // older results know no GPU
}

Json to_json(const Result& row, std::span<const double> percents) {
  Json json{
      {"model", row.model},
      {"method", row.method},
      {"activations", row.activations.empty() ? Json() : Json(row.activations)},
      {"norms", row.norms},
      {"device", row.device},
      {"threads", row.threads},
      {"batch", row.batch},
      {"bn", folding_json(row.bn)},
      {"flops", row.flops},
      {"load_ms", row.load_ms},
      {"fold_ms", row.fold_ms},
      {"compile_ms", row.compile_ms},
      {"first_run_ms", row.first_run_ms},
      {"arena_bytes", row.arena_bytes},
      {"weight_bytes", row.weight_bytes},
      {"peak_rss_kb", row.peak_rss_kb > 0 ? Json(row.peak_rss_kb) : Json()},
      {"difference",
       {{"max_abs", number(row.difference.max_abs)},
        {"mean_abs", number(row.difference.mean_abs)},
        {"max_relative", number(row.difference.max_relative)}}},
      {"same_as", row.same_as.empty() ? Json() : Json(row.same_as)},
      {"kernels", row.kernels},
      {"bytes_moved", row.bytes_moved},
      {"clock", row.clock == Clock::cpu ? "cpu" : "wall"},
      {"passes", {{"wall_ms", times_json(row.medians, Clock::wall)}, {"cpu_ms", times_json(row.medians, Clock::cpu)}}}};
  if (row.medians.empty()) return json;
  const Summary& s = row.summary;
  json.update({{"median_ms", s.median},
               {"median_interval95_ms", {s.low95, s.high95}},
               {"mean_ms", s.mean},
               {"min_ms", s.min},
               {"max_ms", s.max},
               {"p90_ms", s.p90},
               {"percentiles_ms", percentiles_json(s, percents)},
               {"cv", s.cv},
               {"throughput_per_s", s.median > 0 ? 1000 * static_cast<double>(row.batch) / s.median : 0},
               {"cpu", {{"median_ms", row.cpu_median_ms}, {"min_ms", row.cpu_min_ms}}},
               {"saved", estimate_json(row.saved)},
               {"saved_vs_fused", estimate_json(row.saved_from_fused)}});
  for (const Block& block : row.passes) {
    json["samples_ms"].push_back(times_json(block, Clock::wall));
    json["cpu_samples_ms"].push_back(times_json(block, Clock::cpu));
  }
  return json;
}

Difference difference_from_json(const Json& json) {
  return {number(json.at("max_abs")), number(json.at("mean_abs")), number(json.at("max_relative"))};
}

Result result_from_json(const Json& json) {
  Result row;
  json.at("model").get_to(row.model);
  json.at("method").get_to(row.method);
  (void)method_named(row.method);
  if (!json.at("activations").is_null()) json.at("activations").get_to(row.activations);
  json.at("norms").get_to(row.norms);
  json.at("device").get_to(row.device);
  json.at("threads").get_to(row.threads);
  json.at("batch").get_to(row.batch);
  row.bn = folding_from(json.at("bn"));
  json.at("flops").get_to(row.flops);
  json.at("load_ms").get_to(row.load_ms);
  json.at("fold_ms").get_to(row.fold_ms);
  json.at("compile_ms").get_to(row.compile_ms);
  json.at("first_run_ms").get_to(row.first_run_ms);
  json.at("arena_bytes").get_to(row.arena_bytes);
  json.at("weight_bytes").get_to(row.weight_bytes);
  if (!json.at("peak_rss_kb").is_null()) json.at("peak_rss_kb").get_to(row.peak_rss_kb);
  row.difference = difference_from_json(json.at("difference"));
  if (!json.at("same_as").is_null()) json.at("same_as").get_to(row.same_as);
  if (!json.contains("passes")) {
    row.passes = passes_from(json);
    summarize(row, std::vector<double>{90, 95, 99});
    row.passes.clear();
    return row;
  }
  row.passes = kept_passes(json);
  row.medians = block_of(json.at("passes").at("wall_ms"), json.at("passes").at("cpu_ms"));
  json.at("kernels").get_to(row.kernels);
  json.at("bytes_moved").get_to(row.bytes_moved);
  row.clock = json.at("clock") == "cpu" ? Clock::cpu : Clock::wall;
  if (row.medians.empty()) return row;
  row.summary = summary_from(json);
  json.at("cpu").at("median_ms").get_to(row.cpu_median_ms);
  json.at("cpu").at("min_ms").get_to(row.cpu_min_ms);
  row.saved = estimate_from(json.at("saved"));
  row.saved_from_fused = estimate_from(json.at("saved_vs_fused"));
  return row;
}

}  // namespace banoff::bench
