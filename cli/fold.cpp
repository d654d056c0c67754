// banoff fold: a network without (most of) its batch norms.
#include <algorithm>
#include <future>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/carried.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/outcome.hpp"
#include "cli/sizes.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

struct FoldCommand {
  ModelOptions model;
  FoldOptions fold;
  std::string output;
  DeviceOptions device;
  std::optional<bool> check;  ///< default: where it takes seconds
  bool json = false;
};

/// Whether plain loops take seconds, not minutes, for a run: they manage about a GFLOP a second.
bool is_quick(const Model& model) {
  constexpr std::int64_t most_flops = 30'000'000'000;
  std::int64_t flops = 0;
  for (const LayerInfo& layer : model.layers()) flops += layer.flops;
  return flops <= most_flops;
}

/// Largest error of the folded network in float32 against the original in float64, on one seeded input. Detections are
/// compared in float64: there rounding decides which of two boxes comes first, and the rows trade places.
double error_here(const Model& original, const Model& folded) {
  const Tensors inputs = original.random_inputs(1);
  auto expected = std::async(std::launch::async, [&] { return original.reference(inputs); });
  const std::vector<TensorInfo> outputs = folded.outputs();
  const bool detects = std::ranges::any_of(outputs, &TensorInfo::bounded);
  const Tensors actual =
      detects ? folded.reference(inputs) : Session(CompiledModel::compile(folded, {.name = "reference"})).run(inputs);
  double worst = 0;
  for (const OutputError& error : compare(expected.get(), actual)) worst = std::max(worst, error.max_relative_error);
  return worst;
}

std::map<std::string, Shape> shapes_of(const Model& model) {
  std::map<std::string, Shape> shapes;
  for (const TensorInfo& input : model.inputs()) shapes[input.name] = input.shape;
  return shapes;
}

/// The same at a second value of every open size, if there are any: a fold must hold at both.
double end_to_end_error(const Model& original, const Model& folded) {
  const double here = error_here(original, folded);
  const std::optional<Model> other = at_other_sizes(original);
  return other ? std::max(here, error_here(*other, folded.at(shapes_of(*other)))) : here;
}

Json json_of(const FoldCommand& options, const FoldReport& report, const Outcomes& outcomes,
             const std::vector<SizeInfo>& sizes, const std::optional<double>& error, const Json& carried) {
  Json nodes = Json::array();
  for (const FoldedNorm& norm : report.norms) {
    nodes.push_back({{"name", norm.name},
                     {"outcome", std::string(outcomes.of(norm))},
                     {"fused_with", outcomes.company(norm)},
                     {"into", norm.into},
                     {"inverse", norm.inverse},
                     {"reason", norm.reason},
                     {"blocker", norm.folded ? Json() : Json(std::string(name_of(norm.blocker)))},
                     {"witness", norm.witness},
                     {"path", norm.path},
                     {"where", norm.where}});
  }
  const std::size_t total = report.norms.size(), gone = report.folded();
  return {{"model", options.model.file},
          {"method", std::string(name_of(report.method))},
          {"bn",
           {{"total", total},
            {"folded", gone},
            {"folded_with_clamp", report.folded_with_clamp()},
            {"left", total - gone},
            {"fused", outcomes.fused()}}},
          {"affine", {{"total", report.affine_nodes}, {"folded", report.affine_folded}}},
          {"parameters",
           {{"before", report.parameters_before},
            {"after", report.parameters_after},
            {"trainable_before", report.trainable_before},
            {"trainable_after", report.trainable_after},
            {"removed_percent_paper", report.removed_percent_paper}}},
          {"sizes", sizes_json(sizes)},
          {"carried", carried},
          {"proved_optimal", report.proved},
          {"computed_in_float32", report.widened},
          {"with_literal_activations", report.folded_literal},
          {"with_clamps", report.folded_clamp},
          {"max_relative_error", error ? Json(*error) : Json()},
          {"self_check_error", report.max_relative_error},
          {"nodes", nodes}};
}

void print_report(const FoldReport& report, const Outcomes& outcomes, const std::vector<SizeInfo>& sizes,
                  const std::optional<double>& error) {
  Table table({{"batch norm"}, {"outcome"}, {"into"}, {"why"}});
  for (const FoldedNorm& norm : report.norms) {
    const std::string_view outcome = outcomes.of(norm);
    table.add({norm.name, std::string(outcome), joined(norm.folded ? norm.into : outcomes.company(norm)),
               norm.folded ? "" : norm.reason});
  }
  if (!report.norms.empty()) table.print();
  fmt::print("{} of {} batch norms folded ({}{})", report.folded(), report.norms.size(), name_of(report.method),
             report.proved ? ", proved the most" : "");
  if (report.folded_with_clamp() > 0) fmt::print(", {} of them with a clamp", report.folded_with_clamp());
  if (outcomes.fused() > 0) fmt::print("; {} of those left share a kernel with other nodes", outcomes.fused());
  fmt::print("\n");
  if (report.folded_clamp != report.folded_literal) {
    fmt::print("with literal activations {} can go, with clamps {} (--activations literal|clamp)\n",
               report.folded_literal, report.folded_clamp);
  }
  if (report.affine_nodes > 0) {
    fmt::print("{} of {} other maps per channel folded\n", report.affine_folded, report.affine_nodes);
  }
  if (!report.widened.empty()) {
    fmt::print("too large or small for half precision, computed in float32 between casts in an ONNX file: {}\n",
               joined(report.widened));
  }
  fmt::print("parameters {} -> {}, trainable {} -> {}; the paper counts {:.2f} % removed\n",
             grouped(report.parameters_before), grouped(report.parameters_after), grouped(report.trainable_before),
             grouped(report.trainable_after), report.removed_percent_paper);
  print_sizes(sizes);
  if (error) fmt::print("largest relative error, float32 against the original in float64: {:.2g}\n", *error);
}

/// What pays here, clamps per channel and padding values that ride along with a convolution, are passes of their own in
/// other runtimes: unless asked for they stay out of networks written as ONNX.
FoldOptions fold_options(const FoldCommand& options) {
  FoldOptions fold = options.fold;
  if (std::filesystem::path(options.output).extension() == ".onnx" && fold.activations == Activations::automatic) {
    fold.activations = Activations::literal;
    fold.borders = false;
  }
  return fold;
}

int fold(const FoldCommand& options) {
  const Model model = load(options.model);
  if (!options.output.empty()) check_output(options.output, model.manifest());
  const auto [folded, report] = fold_model(model, fold_options(options), options.device);
  std::optional<double> error;
  const bool can_run = model.unsupported().empty();
  if (options.check.value_or(can_run && is_quick(model))) error = end_to_end_error(model, folded);
  const std::vector<SizeInfo> sizes = options.output.empty() ? folded.sizes() : folded.save(options.output);
  const Outcomes outcomes(report, folded, options.device);
  if (options.json) print_json(json_of(options, report, outcomes, sizes, error, carried_json(model)));
  else print_report(report, outcomes, sizes, error);
  if (!options.json) print_carried(model);
  if (!options.json && !options.output.empty()) print_fixed(options.output, sizes);
  return 0;
}

}  // namespace

void add_fold(Parser& parser) {
  Command command = parser.command(
      "fold", "Fold a network's batch norms away; report, and write the result",
      "Every fold is checked in float64 where it touched the network (self_check_error) and undone if it does not "
      "hold.\n"
      "Then the whole folded network runs on one seeded input in float32 against the original in float64\n"
      "(max_relative_error), by plain loops, where that takes seconds (up to 30 GFLOP); --check asks for it in any\n"
      "case, --no-check for none; with sizes that are open it runs at two values of them. Networks that end in "
      "detections are compared in float64.\n"
      "In OUT.onnx, --activations auto is literal without padding values: other runtimes make passes of the rest.\n\n"
      "Example:\n  banoff fold resnet20.yaml -o resnet20-folded.yaml");
  auto options = std::make_shared<FoldCommand>();
  add_model_options(command, options->model);
  add_fold_options(command, options->fold);
  command.option("-o,--output", options->output,
                 "Write the folded network to OUT.yaml, its weights beside it, or to OUT.onnx");
  add_device_options(command, options->device);
  command.flag_function(
      "--check,!--no-check", [options](std::int64_t count) { options->check = count > 0; },
      "Run the whole network to measure the error (default: up to 30 GFLOP)");
  add_json_option(command, options->json);
  command.runs([options] { return fold(*options); });
}

}  // namespace banoff::cli
