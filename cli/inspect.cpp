// banoff inspect: a network's inputs, layers and sizes.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/carried.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/profile.hpp"
#include "cli/progress.hpp"
#include "cli/sizes.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

struct InspectCommand {
  ModelOptions model;
  FoldOptions fold{.method = Method::none};
  DeviceOptions device;
  bool flat = false, plan = false, profile = false, json = false;
  bench::Timing timing;
  bench::StepOrder order = bench::StepOrder::time;
};

struct Totals {
  std::int64_t parameters = 0, flops = 0;
};

std::string type_of(const TensorInfo& info) {
  return fmt::format("{}{} {}", info.bounded ? "<=" : "", info.shape.str(), name_of(info.dtype));
}

std::string types_of(const std::vector<TensorInfo>& infos) {
  std::vector<std::string> texts;
  for (const TensorInfo& info : infos) texts.push_back(type_of(info));
  return joined(texts);
}

Json json_of(const std::vector<TensorInfo>& infos) {
  Json rows = Json::array();
  for (const TensorInfo& info : infos) {
    rows.push_back({{"name", info.name},
                    {"shape", info.shape.vec()},
                    {"dtype", std::string(name_of(info.dtype))},
                    {"bounded", info.bounded},
                    {"symbols", info.symbols}});
  }
  return rows;
}

Json json_of(const PlanInfo& plan, const std::string& device) {
  Json steps = Json::array();
  for (const StepInfo& step : plan.steps) {
    steps.push_back({{"nodes", step.label}, {"implementation", step.implementation}, {"layouts", step.layouts}});
    if (step.tuned_us > 0) steps.back()["tuned_us"] = step.tuned_us;
  }
  return {{"device", device},
          {"threads", plan.threads},
          {"arena_bytes", plan.arena_bytes},
          {"weight_bytes", plan.weight_bytes},
          {"steps", steps}};
}

/// The compiled network's kernels, timed on random inputs.
bench::Profile profile_of(const InspectCommand& options, const Model& model, const CompiledModel& compiled) {
  Session session(compiled);
  (void)session.run(model.random_inputs(1));
  bench::ProfileSubject subject{{}, compiled.info(), &session};
  subject.about.model = model.name();
  subject.about.method = name_of(options.fold.method);
  if (options.fold.method == Method::optimal) subject.about.activations = name_of(options.fold.activations);
  const std::vector<LayerInfo> layers = model.layers();
  subject.about.norms = std::ranges::count(layers, "batch_norm", &LayerInfo::op) > 0 ? "fused" : "-";
  subject.about.device = options.device.name;
  const std::vector<TensorInfo> inputs = model.inputs();
  if (!inputs.empty() && inputs.front().shape.rank() > 0) subject.about.batch = inputs.front().shape[0];
  Progress progress("profiling", 100);
  return bench::profile({std::move(subject)}, options.timing, [&](double share) { progress.set_share(share); }).front();
}

Json json_report(const InspectCommand& options, const Model& model, const Totals& totals, const PlanInfo* plan) {
  Json layers = Json::array();
  for (const LayerInfo& layer : model.layers()) {
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"attributes", layer.attributes},
                      {"inputs", layer.inputs},
                      {"outputs", json_of(layer.outputs)},
                      {"parameters", layer.parameters},
                      {"flops", layer.flops},
                      {"where", layer.where}});
  }
  return {{"model", options.model.file},
          {"name", model.name()},
          {"sizes", sizes_json(model.sizes())},
          {"inputs", json_of(model.inputs())},
          {"outputs", json_of(model.outputs())},
          {"parameters", totals.parameters},
          {"flops", totals.flops},
          {"layers", layers},
          {"carried", carried_json(model)},
          {"plan", plan == nullptr ? Json() : json_of(*plan, options.device.name)}};
}

void print_layers(const Model& model) {
  Table table({{"layer"}, {"op"}, {"output"}, {"parameters", Align::right}, {"FLOPs", Align::right}});
  for (const LayerInfo& layer : model.layers()) {
    table.add({layer.name, layer.op, types_of(layer.outputs), grouped(layer.parameters), grouped(layer.flops)});
  }
  table.print();
}

void print_steps(const PlanInfo& plan) {
  // A device that measures ways to compute a step has something to say of its time.
  const bool tuned = std::ranges::any_of(plan.steps, [](const StepInfo& step) { return step.tuned_us > 0; });
  std::vector<Table::Column> columns{{"kernel of"}, {"implementation"}, {"layouts"}};
  if (tuned) columns.push_back({"tuned us", Align::right});
  Table table(columns);
  for (const StepInfo& step : plan.steps) {
    std::vector<std::string> row{step.label, step.implementation, step.layouts};
    if (tuned) row.push_back(step.tuned_us > 0 ? fmt::format("{:.1f}", step.tuned_us) : "");
    table.add(std::move(row));
  }
  table.print();
}

int inspect(const InspectCommand& options) {
  ModelOptions source = options.model;
  source.load.without_weights = true;
  const Model model = folded(load(source), options.fold, options.device);
  if (options.flat) {
    fmt::print("{}", model.yaml());
    return 0;
  }
  Totals totals;
  for (const LayerInfo& layer : model.layers()) {
    totals.parameters += layer.parameters;
    totals.flops += layer.flops;
  }
  // What cannot be run is shown without a plan, unless that is what was asked for.
  std::optional<CompiledModel> compiled;
  if (options.plan || options.profile || model.unsupported().empty()) {
    compiled = CompiledModel::compile(model, options.device);
  }
  const PlanInfo* plan = compiled ? &compiled->info() : nullptr;
  std::optional<bench::Profile> profile;
  if (options.profile) profile = profile_of(options, model, *compiled);
  if (options.json) {
    Json json = json_report(options, model, totals, plan);
    if (profile) json["profile"] = bench::to_json(*profile);
    print_json(json);
    return 0;
  }
  fmt::print("{}\n", model.name());
  for (const TensorInfo& input : model.inputs()) fmt::print("input   {}: {}\n", input.name, type_of(input));
  for (const TensorInfo& output : model.outputs()) fmt::print("output  {}: {}\n", output.name, type_of(output));
  print_sizes(model.sizes());
  fmt::print("\n");
  if (profile) fmt::print("{}", to_text(*profile, options.order));
  else if (options.plan) print_steps(*plan);
  else print_layers(model);
  fmt::print("\n{} parameters, {:.4g} GFLOP a run\n", grouped(totals.parameters),
             static_cast<double>(totals.flops) * 1e-9);
  print_carried(model);
  if (plan == nullptr) return 0;
  const auto megabytes = [](std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
  fmt::print("on {}: {} kernels, {:.2f} MiB of values per session, {:.2f} MiB of packed weights\n", options.device.name,
             plan->steps.size(), megabytes(plan->arena_bytes), megabytes(plan->weight_bytes));
  return 0;
}

}  // namespace

void add_inspect(Parser& parser) {
  Command command = parser.command(
      "inspect", "A network's shapes, parameters, FLOPs and memory",
      "A multiplication and an addition count as two FLOPs. A tensor shared by two layers counts in both.\n"
      "Neither weights nor sizes are needed: --shape gives other sizes than the file's, or than likely ones.\n\n"
      "With --profile the kernels are run on random inputs: a time is the least of runs in which the clock is read\n"
      "between kernels, each followed by one in which it is not. Percentages are of what a loop of multiply-adds and "
      "one\n"
      "over large arrays reach on this machine with as many threads, before or after, whichever is better.\n\n"
      "Examples:\n"
      "  banoff inspect resnet50.yaml --weights random:1 --shape N=8\n"
      "  banoff inspect resnet50.yaml --weights random:1 --method optimal --profile");
  auto options = std::make_shared<InspectCommand>();
  add_model_options(command, options->model);
  add_fold_options(command, options->fold);
  add_device_options(command, options->device);
  const Option flat =
      command.flag("--flat", options->flat, "Print the network with every block expanded, as YAML, and nothing else");
  const Option plan = command.flag("--plan", options->plan, "List the device's kernels instead of the layers");
  Option profile = add_profile_options(command, options->profile, options->order);
  profile.excludes(flat).excludes(plan);
  for (Option option : add_timing_options(command, options->timing)) option.needs(profile);
  command.flag("--json", options->json, "Print JSON").excludes(flat);
  command.runs([options] { return inspect(*options); });
}

}  // namespace banoff::cli
