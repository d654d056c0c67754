// banoff prune: a network with fewer neurons or weights.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/carried.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/sizes.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

struct PruneCommand {
  ModelOptions model;
  PruneOptions prune;
  FoldOptions fold;
  std::string output;
  bool json = false;
};

/// How far the outputs are from the unpruned network's on one seeded input, both in float32.
std::vector<OutputError> errors_of(const Model& original, const Model& pruned) {
  const Tensors inputs = original.random_inputs(1);
  const auto outputs = [&](const Model& model) { return Session(CompiledModel::compile(model, {})).run(inputs); };
  return compare(outputs(original), outputs(pruned));
}

Json json_of(const PruneCommand& options, const PruneReport& report, const std::vector<OutputError>& errors,
             const std::vector<SizeInfo>& sizes, const Json& carried) {
  Json layers = Json::array(), outputs = Json::array();
  for (const PrunedLayer& layer : report.layers) {
    layers.push_back({{"name", layer.name},
                      {"op", layer.op},
                      {"where", layer.where},
                      {"before", layer.before},
                      {"after", layer.after},
                      {"error", layer.error},
                      {"shared", layer.shared},
                      {"reason", layer.reason}});
  }
  for (const OutputError& error : errors) {
    outputs.push_back({{"name", error.name},
                       {"max_abs_error", error.max_abs_error},
                       {"mean_abs_error", error.mean_abs_error},
                       {"max_relative_error", error.max_relative_error}});
  }
  const auto pair = [](std::int64_t before, std::int64_t after) { return Json{{"before", before}, {"after", after}}; };
  return {{"model", options.model.file},
          {"method", std::string(name_of(report.method))},
          {"rate", options.prune.distance ? Json() : Json(options.prune.rate)},
          {"distance", options.prune.distance ? Json(*options.prune.distance) : Json()},
          {"fold", std::string(name_of(options.fold.method))},
          {"removed", report.removed()},
          {"layers_pruned", report.shrunk()},
          {"parameters", pair(report.parameters_before, report.parameters_after)},
          {"nonzero", pair(report.nonzero_before, report.nonzero_after)},
          {"flops", pair(report.flops_before, report.flops_after)},
          {"sizes", sizes_json(sizes)},
          {"carried", carried},
          {"outputs", outputs},
          {"layers", layers}};
}

/// Of many layers the first.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 2;
  if (names.size() <= most) return fmt::format("{}", fmt::join(names, ", "));
  return fmt::format("{} and {} more", fmt::join(names.begin(), names.begin() + most, ", "), names.size() - most);
}

void print_report(const PruneReport& report, const std::vector<OutputError>& errors) {
  const bool weights = report.method == PruneMethod::magnitude;
  Table table({{"layer"},
               {weights ? "weights" : "neurons", Align::right},
               {"left", Align::right},
               {"error", Align::right},
               {"shares channels with"},
               {"why others stay"}});
  for (const PrunedLayer& layer : report.layers) {
    table.add({layer.name, grouped(layer.before), grouped(layer.after), fmt::format("{:.3f}", layer.error),
               some_of(layer.shared), layer.reason});
  }
  table.print();
  fmt::print("{} {} of {} layers gone ({})\n", grouped(report.removed()), weights ? "weights" : "neurons",
             report.shrunk(), name_of(report.method));
  fmt::print("parameters {} -> {}, not zero {} -> {}, FLOPs {} -> {}\n", grouped(report.parameters_before),
             grouped(report.parameters_after), grouped(report.nonzero_before), grouped(report.nonzero_after),
             grouped(report.flops_before), grouped(report.flops_after));
  for (const OutputError& error : errors) {
    fmt::print("{}: mean error {:.3g}, largest {:.2g} of the largest output, on one seeded input\n", error.name,
               error.mean_abs_error, error.max_relative_error);
  }
}

int prune(const PruneCommand& options) {
  const Model original = load(options.model);
  if (!options.output.empty()) check_output(options.output, original.manifest());
  const Model model = folded(original, options.fold, {});
  const auto [pruned, report] = model.prune(options.prune);
  std::vector<OutputError> errors;
  const bool detects = std::ranges::any_of(pruned.outputs(), &TensorInfo::bounded);
  if (!detects && model.unsupported().empty()) errors = errors_of(model, pruned);
  const std::vector<SizeInfo> sizes = options.output.empty() ? pruned.sizes() : pruned.save(options.output);
  if (options.json) print_json(json_of(options, report, errors, sizes, carried_json(original)));
  else print_report(report, errors);
  if (options.json) return 0;
  print_carried(original);
  if (!options.output.empty()) print_fixed(options.output, sizes);
  return 0;
}

}  // namespace

void add_prune(Parser& parser) {
  Command command = parser.command(
      "prune", "Take neurons or weights away from a network; report, and write the result",
      "merge makes one neuron of those whose weights are nearest (RED), kmeans of those of a cluster: the layers and "
      "those\n"
      "that read them shrink. magnitude sets the smallest weights to zero, and saves no time. None of them needs "
      "data.\n"
      "--rate is the share of each layer's neurons (magnitude: weights) that goes. Layers that write the same "
      "channels,\n"
      "as those of a residual stream, keep theirs unless --streams is given. The network computes something else "
      "then:\n"
      "the report has the relative change of each layer's weights, and of the outputs on one seeded input.\n\n"
      "Example:\n  banoff prune resnet20.yaml --method merge --rate 0.2 --fold optimal -o resnet20-pruned.yaml");
  auto options = std::make_shared<PruneCommand>();
  options->fold.method = Method::none;
  add_model_options(command, options->model);
  command.option_function<std::string>(
      "--method", [options](const std::string& name) { options->prune.method = prune_method_named(name); },
      fmt::format("merge, kmeans or magnitude (default: {})", name_of(options->prune.method)));
  Option rate = command.option("--rate", options->prune.rate, "Share that goes, above 0 and below 1").shows_default();
  command
      .option("--distance", options->prune.distance,
              "With merge, in place of a rate: merge neurons no further apart than this, relative to the layer's size")
      .excludes(rate);
  command.flag("--streams", options->prune.streams, "Shrink layers that write the same channels, together");
  command.option_function<std::string>(
      "--fold", [options](const std::string& name) { options->fold.method = method_named(name); },
      fmt::format("Fold batch norms first: none, naive, banoff or optimal (default: {})",
                  name_of(options->fold.method)));
  command.option("-o,--output", options->output,
                 "Write the pruned network to OUT.yaml, its weights beside it, or to OUT.onnx");
  add_json_option(command, options->json);
  command.runs([options] { return prune(*options); });
}

}  // namespace banoff::cli
