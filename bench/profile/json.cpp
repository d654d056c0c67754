// A profile as JSON.
#include <nlohmann/json.hpp>

#include "bench/profile/profile.hpp"

namespace banoff::bench {

namespace {

using Json = nlohmann::json;

Json number(std::optional<double> value) { return value ? Json(*value) : Json(); }
/// A ceiling that is not known is null.
Json ceiling(double value) { return value > 0 ? Json(value) : Json(); }

Json json_of(const Times& times) { return {{"least_us", times.least_us}, {"median_us", times.median_us}}; }

void add_rates(Json& json, const Rates& rates) {
  json["gflops"] = number(rates.gflops);
  json["peak_percent"] = number(rates.peak_percent);
  json["gb_per_s"] = number(rates.gb_per_s);
  json["bandwidth_percent"] = number(rates.bandwidth_percent);
}

Json json_of(const Profile& profile, const ProfiledStep& each) {
  const StepInfo& step = each.step;
  Json outputs = Json::array();
  for (const TensorInfo& output : step.outputs) {
    outputs.push_back({{"name", output.name},
                       {"shape", output.shape.vec()},
                       {"dtype", std::string(name_of(output.dtype))},
                       {"bounded", output.bounded}});
  }
  Json json{{"label", step.label},
            {"nodes", step.nodes},
            {"ops", step.ops},
            {"kind", step.kind},
            {"implementation", step.implementation},
            {"layouts", step.layouts},
            {"outputs", outputs},
            {"least_us", each.time.least_us},
            {"median_us", each.time.median_us},
            {"share_percent", share_percent(profile, each.time.least_us)},
            {"flops", step.flops},
            {"bytes", step.bytes}};
  add_rates(json, rates(profile, each));
  return json;
}

Json json_of(const Profile& profile, const std::vector<ProfileGroup>& groups) {
  Json rows = Json::array();
  for (const ProfileGroup& group : groups) {
    Json row{{"name", group.name},         {"kernels", group.kernels},
             {"least_us", group.least_us}, {"share_percent", share_percent(profile, group.least_us)},
             {"flops", group.flops},       {"bytes", group.bytes}};
    add_rates(row, rates(profile, group));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

Json to_json(const Profile& profile) {
  Json steps = Json::array();
  for (const ProfiledStep& step : profile.steps) steps.push_back(json_of(profile, step));
  const Ceilings& ceilings = profile.ceilings;
  return {{"model", profile.model},
          {"method", profile.method},
          {"activations", profile.activations.empty() ? Json() : Json(profile.activations)},
          {"norms", profile.norms},
          {"device", profile.device},
          {"threads", ceilings.threads},
          {"batch", profile.batch},
          {"vector_bits", ceilings.gflops > 0 ? Json(ceilings.vector_bits) : Json()},
          {"peak_gflops", ceiling(ceilings.gflops)},
          {"bandwidth_gb_per_s", ceiling(ceilings.gb_per_s)},
          {"runs", profile.runs},
          {"run", json_of(profile.run)},
          {"profiled_run", json_of(profile.profiled_run)},
          {"sum", json_of(sum(profile))},
          {"note", profile.note.empty() ? Json() : Json(profile.note)},
          {"steps", steps},
          {"by_kind", json_of(profile, by_kind(profile))},
          {"by_implementation", json_of(profile, by_implementation(profile))}};
}

Json to_json(const ProfileReport& report, const BenchOptions& options) {
  Json json{{"machine", to_json(report.machine)},
            {"options",
             {{"warmup_ms", options.timing.warmup_ms},
              {"duration_s", options.timing.duration_s},
              {"iterations", options.timing.iterations},
              {"rounds", options.timing.rounds}}},
            {"profiles", Json::array()}};
  json["machine"]["load_average"] = report.load_average;
  for (const Profile& profile : report.profiles) json["profiles"].push_back(to_json(profile));
  return json;
}

}  // namespace banoff::bench
