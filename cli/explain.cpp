// banoff explain: what becomes of every batch norm, and why.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "banoff/file.hpp"
#include "cli/carried.hpp"
#include "cli/commands.hpp"
#include "cli/dot.hpp"
#include "cli/options.hpp"
#include "cli/outcome.hpp"
#include "cli/sizes.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

struct ExplainCommand {
  ModelOptions model;
  FoldOptions fold;
  DeviceOptions device;
  std::string dot, svg;
  bool json = false;
};

std::string sentence(const FoldedNorm& norm, const Outcomes& outcomes) {
  if (!norm.folded) {
    const std::vector<std::string> company = outcomes.company(norm);
    return (company.empty() ? "left: " : "left, fused with " + joined(company) + ": ") + norm.reason +
           (norm.path.empty() ? "" : " (by way of " + joined(norm.path) + ")");
  }
  std::string text = norm.clamp ? "folded with a clamp" : "folded";
  if (!norm.into.empty()) text += " into " + joined(norm.into);
  if (!norm.inverse.empty()) text += "; undone in " + joined(norm.inverse);
  return text;
}

int explain(const ExplainCommand& options) {
  const Model model = load(options.model);
  const auto [folded, report] = fold_model(model, options.fold, options.device);
  const Outcomes outcomes(report, folded, options.device);
  if (!options.dot.empty() || !options.svg.empty()) {
    const std::string dot = dot_of(model, report, outcomes);
    if (!options.dot.empty()) write_file_atomically(options.dot, dot);
    if (!options.svg.empty()) write_svg(options.svg, dot);
  }
  if (options.json) {
    Json norms = Json::array();
    for (const FoldedNorm& norm : report.norms) {
      norms.push_back({{"name", norm.name},
                       {"where", norm.where},
                       {"folded", norm.folded},
                       {"outcome", std::string(outcomes.of(norm))},
                       {"explanation", sentence(norm, outcomes)}});
    }
    print_json({{"model", options.model.file},
                {"method", std::string(name_of(options.fold.method))},
                {"sizes", sizes_json(model.sizes())},
                {"carried", carried_json(model)},
                {"norms", norms}});
    return 0;
  }
  for (const FoldedNorm& norm : report.norms) {
    fmt::print("{}: {}: {}\n", norm.where, norm.name, sentence(norm, outcomes));
  }
  print_sizes(model.sizes());
  print_carried(model);
  return 0;
}

}  // namespace

void add_explain(Parser& parser) {
  Command command = parser.command(
      "explain", "One line per batch norm: folded into what, or left and why",
      "In the drawings, folded batch norms are green (with a clamp: yellow), those left red (in a kernel with other "
      "nodes: orange), and nodes that took their "
      "scales blue.\n\n"
      "Example:\n  banoff explain resnet20.yaml --svg resnet20.svg");
  auto options = std::make_shared<ExplainCommand>();
  add_model_options(command, options->model);
  add_fold_options(command, options->fold);
  add_device_options(command, options->device);
  command.option("--dot", options->dot, "Write the graph for Graphviz to this file");
  command.option("--svg", options->svg, "Draw the graph to this file (needs Graphviz)");
  add_json_option(command, options->json);
  command.runs([options] { return explain(*options); });
}

}  // namespace banoff::cli
