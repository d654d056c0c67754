// banoff import, banoff export: a network from one format to the other, as it is.
#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/sizes.hpp"

namespace banoff::cli {
namespace {

struct ConvertCommand {
  ModelOptions model;
  std::string output;
  bool partial = false;
};

/// The model, or what of it has an ONNX form; tells what has none.
Model without_the_rest(const Model& model, const std::string& file) {
  const auto [part, without] = model.part_with_onnx_form();
  if (!without.empty()) {
    std::vector<std::string> outputs;
    for (const TensorInfo& output : part.outputs()) outputs.push_back(output.name);
    fmt::print("{}: without {} and what is behind; outputs: {}\n", file, fmt::join(without, ", "),
               fmt::join(outputs, ", "));
  }
  return part;
}

int convert(const ConvertCommand& options) {
  const Model whole = load(options.model);
  check_output(options.output, whole.manifest());
  const Model model = options.partial ? without_the_rest(whole, options.output) : whole;
  const std::vector<SizeInfo> sizes = model.save(options.output);
  fmt::print("{}: {} layers\n", options.output, model.layers().size());
  print_sizes(sizes);
  print_fixed(options.output, sizes);
  return 0;
}

std::shared_ptr<ConvertCommand> add_conversion(Command& command, const std::string& extension) {
  auto options = std::make_shared<ConvertCommand>();
  add_model_options(command, options->model);
  command.option("-o,--output", options->output, fmt::format("The file to write, OUT{}", extension))
      .required()
      .check([extension](const std::string& file) {
        return std::filesystem::path(file).extension() == extension
                   ? ""
                   : fmt::format("expected a name ending in {}", extension);
      });
  command.runs([options] { return convert(*options); });
  return options;
}

}  // namespace

void add_import(Parser& parser) {
  Command command = parser.command(
      "import", "Turn an ONNX network into a model file with its weights beside it",
      "A size that the file leaves open stays open, with what --shape gives as its default (else a likely one), "
      "unless\n"
      "the network computes something from it that YAML cannot say for every size: then it is fixed, and that is "
      "said.\n"
      "What the file cannot say in YAML is refused in one list: every node with its operator and the reason.\n\n"
      "Example:\n  banoff import resnet20.onnx -o resnet20.yaml");
  (void)add_conversion(command, ".yaml");
}

void add_export(Parser& parser) {
  Command command = parser.command("export", "Write a network as ONNX, for other runtimes",
                                   "Operators are those of opset 18; what banoff cannot run is written as it was read. "
                                   "Batch norms stay as they are; `banoff fold MODEL -o OUT.onnx` folds them "
                                   "first.\n\n"
                                   "Example:\n  banoff export configs/demo/classifier.yaml -o classifier.onnx");
  const auto options = add_conversion(command, ".onnx");
  command.flag("--partial", options->partial,
               "Leave out what has no ONNX form and all behind it: of a detector its anchors and boxes");
}

}  // namespace banoff::cli
