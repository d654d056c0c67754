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

/// Samples come as one list, with the size of each repetition beside it.
std::vector<std::vector<double>> repetitions_from(const Json& json) {
  const auto samples = json.at("samples_ms").get<std::vector<double>>();
  std::vector<std::vector<double>> result;
  std::size_t at = 0;
  for (const auto& size : json.at("repetition_sizes")) {
    const auto end = std::min(samples.size(), at + std::min(samples.size(), size.get<std::size_t>()));
    result.emplace_back(samples.begin() + static_cast<std::ptrdiff_t>(at),
                        samples.begin() + static_cast<std::ptrdiff_t>(end));
    at = end;
  }
  return result;
}

}  // namespace

Json to_json(const MachineInfo& m) {
  return {{"cpu", m.cpu},       {"isa", m.isa},       {"processors", m.processors},
          {"usable", m.usable}, {"onednn", m.onednn}, {"gpu", m.gpu}};
}

Json to_json(const Result& row, std::span<const double> percents) {
  std::vector<double> samples;
  Json sizes = Json::array();
  for (const auto& repetition : row.samples_ms) {
    samples.insert(samples.end(), repetition.begin(), repetition.end());
    sizes.push_back(repetition.size());
  }
  const Summary& s = row.summary;
  Json json{{"model", row.model},
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
            {"samples_ms", samples},
            {"repetition_sizes", sizes}};
  if (samples.empty()) return json;
  json.update({{"median_ms", s.median},
               {"median_interval95_ms", {s.low95, s.high95}},
               {"mean_ms", s.mean},
               {"min_ms", s.min},
               {"max_ms", s.max},
               {"p90_ms", s.p90},
               {"percentiles_ms", percentiles_json(s, percents)},
               {"cv", s.cv},
               {"throughput_per_s", s.median > 0 ? 1000 * static_cast<double>(row.batch) / s.median : 0},
               {"speedup_percent", row.speedup_percent},
               {"speedup_vs_fused_percent", row.speedup_fused_percent}});
  return json;
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
  const Json& difference = json.at("difference");
  row.difference = {number(difference.at("max_abs")), number(difference.at("mean_abs")),
                    number(difference.at("max_relative"))};
  if (!json.at("same_as").is_null()) json.at("same_as").get_to(row.same_as);
  row.samples_ms = repetitions_from(json);
  row.summary = summarize(row.samples_ms, std::vector<double>{90, 95, 99});
  row.speedup_percent = json.value("speedup_percent", 0.0);
  row.speedup_fused_percent = json.value("speedup_vs_fused_percent", 0.0);
  return row;
}

}  // namespace banoff::bench
