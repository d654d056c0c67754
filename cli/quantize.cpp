// banoff quantize: a network in integers of 8 bits.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "banoff/task/preprocess.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/progress.hpp"
#include "cli/sizes.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

namespace fs = std::filesystem;

struct QuantizeCommand {
  ModelOptions model;
  std::string folder, output;
  std::size_t most_pictures = 500;
  QuantizeOptions options;
  bool json = false;
};

bool is_picture(const fs::path& file) {
  std::string ending = file.extension().string();
  std::ranges::transform(ending, ending.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  const bool mask = file.stem().extension() == ".mask";
  return !mask && (ending == ".png" || ending == ".jpg" || ending == ".jpeg");
}

/// The folder's pictures by name; of too many some from all over it.
std::vector<fs::path> pictures_in(const fs::path& folder, std::size_t most) {
  std::error_code error;
  if (!fs::is_directory(folder, error)) fail_input(fmt::format("{}: no such folder", folder.string()));
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file() && is_picture(entry.path())) files.push_back(entry.path());
  }
  if (files.empty())
    fail_input(
        fmt::format("{}: holds no pictures (.png, .jpg or .jpeg), expected some to calibrate on", folder.string()));
  std::ranges::sort(files);
  if (files.size() <= most) return files;
  std::vector<fs::path> some;
  for (std::size_t i = 0; i < most; ++i) some.push_back(files[i * files.size() / most]);
  return some;
}

/// Pictures as the network's input. Those of another size than the first would need another network.
std::vector<Tensors> read_pictures(const QuantizeCommand& command, const Model& model) {
  const std::vector<Preprocess>& how = model.manifest().preprocess;
  if (how.size() != 1 || model.inputs().size() != 1)
    fail_usage("--data: the model does not say how a picture becomes its input; say it by --task FILE");
  const std::vector<fs::path> files = pictures_in(command.folder, command.most_pictures);
  Progress progress("read", files.size());
  std::vector<Tensors> pictures;
  for (const fs::path& file : files) {
    Tensor input = preprocess(how[0], read_image(file)).input;
    if (!pictures.empty() && input.shape() != pictures[0].at(how[0].input).shape())
      fail_input(fmt::format(
          "{}: becomes {}, expected {} as of {}: say by `resize` or `crop` which size pictures are "
          "brought to",
          file.string(), input.shape().str(), pictures[0].at(how[0].input).shape().str(), files[0].string()));
    pictures.push_back({{how[0].input, std::move(input)}});
    progress.step();
  }
  return pictures;
}

Json json_of(const QuantizeError& error) {
  return {{"inputs", error.inputs}, {"relative_error", error.relative}, {"agreement", error.agreement}};
}

Json json_of(const QuantizeCommand& command, const QuantizeReport& report) {
  Json layers = Json::array();
  for (const QuantizedLayer& layer : report.layers) {
    Json row = {{"name", layer.name},
                {"op", layer.op},
                {"where", layer.where},
                {"integers", layer.integers},
                {"why_float", layer.why},
                {"weight_noise", layer.weight_noise},
                {"value_noise", layer.value_noise}};
    if (layer.scale > 0)
      row["grid"] = {{"value", layer.value},
                     {"low", layer.low},
                     {"high", layer.high},
                     {"scale", layer.scale},
                     {"zero_point", layer.zero_point}};
    if (layer.integers) {
      row["largest_weight_scale"] = layer.largest_weight_scale;
      row["largest_correction"] = layer.correction;
      row["dead_outputs"] = layer.dead_outputs;
    }
    layers.push_back(std::move(row));
  }
  return {{"model", command.model.file},
          {"data", command.folder},
          {"pictures", report.pictures},
          {"values_known_by_norms", report.known_values},
          {"ranges", std::string(name_of(command.options.ranges))},
          {"weights", std::string(name_of(command.options.weights))},
          {"rounding", std::string(name_of(command.options.rounding))},
          {"equalised", report.equalised},
          {"equalising_gain", report.equalising_gain},
          {"norms_folded", report.fold.folded()},
          {"norms", report.fold.norms.size()},
          {"layers_in_integers", report.in_integers()},
          {"layers_in_float", report.in_float()},
          {"on_pictures", report.pictures > 0 ? json_of(report.on_pictures) : Json()},
          {"on_random", json_of(report.on_random)},
          {"layers", layers}};
}

std::string share(double part) { return part > 0 ? fmt::format("{:.2f} %", 100 * part) : ""; }

void print_report(const QuantizeReport& report) {
  Table table({{"layer"},
               {"op"},
               {"low", Align::right},
               {"high", Align::right},
               {"scale", Align::right},
               {"noise of weights", Align::right},
               {"of values", Align::right},
               {"in float"}});
  for (const QuantizedLayer& layer : report.layers) {
    const bool grid = layer.scale > 0;
    table.add({layer.name, layer.op, grid ? fmt::format("{:.4g}", layer.low) : "",
               grid ? fmt::format("{:.4g}", layer.high) : "", grid ? fmt::format("{:.4g}", layer.scale) : "",
               share(layer.weight_noise), share(layer.value_noise), layer.why});
  }
  table.print();
  std::size_t dead = 0;
  for (const QuantizedLayer& layer : report.layers) dead += layer.dead_outputs;
  fmt::print("{} layers in integers, {} in float; {} of {} batch norms folded before\n", report.in_integers(),
             report.in_float(), report.fold.folded(), report.fold.norms.size());
  if (report.equalised) fmt::print("channels equalised: {:.3g} times less noise expected\n", report.equalising_gain);
  if (dead > 0)
    fmt::print("{} outputs have next to no weights beside their bias: their scale follows from the bias\n", dead);
  if (report.pictures > 0) {
    fmt::print("ranges of {} pictures; relative error on {} of them {:.3g}, {:.1f} % with the same largest output\n",
               report.pictures, report.on_pictures.inputs, report.on_pictures.relative,
               100 * report.on_pictures.agreement);
  } else {
    fmt::print("no pictures: ranges and means follow from {} batch norms\n", report.known_values);
  }
  fmt::print("relative error on {} seeded inputs {:.3g}\n", report.on_random.inputs, report.on_random.relative);
}

int quantize(QuantizeCommand command) {
  const Model model = load(command.model);
  check_output(command.output, model.manifest());
  if (!command.folder.empty()) command.options.pictures = read_pictures(command, model);
  std::optional<std::pair<Model, QuantizeReport>> result;
  {
    Progress progress("quantize", 1000);
    command.options.progress = [&](double share) { progress.set_share(share); };
    result = model.quantize(command.options);
  }
  const QuantizeReport& report = result->second;
  if (report.pictures > 0 && report.pictures < 50)
    fmt::print(stderr,
               "banoff: {} pictures are few: biases follow them by {} %, and the batch norms by the rest; 50 suffice\n",
               report.pictures, 2 * report.pictures);
  const std::vector<SizeInfo> sizes = result->first.save(command.output);
  if (command.json) {
    print_json(json_of(command, report));
    return 0;
  }
  print_report(report);
  print_fixed(command.output, sizes);
  return 0;
}

}  // namespace

void add_quantize(Parser& parser) {
  Command command = parser.command(
      "quantize", "A network in integers of 8 bits; report, and write the result",
      "Batch norms are folded first. Then values are put on grids of 256 steps and weights on grids of 255, and "
      "biases\n"
      "are corrected by what the means lose. Ranges and means come from pictures, or, without them, from what the "
      "batch\n"
      "norms knew. Outputs, softmax and what is behind it, ops on boxes and the noisiest layers stay in float.\n\n"
      "Example:\n  banoff quantize mobilenet.onnx --data photos -o mobilenet-int8.onnx");
  auto options = std::make_shared<QuantizeCommand>();
  add_model_options(command, options->model);
  command
      .option("-o,--output", options->output,
              "Write the network to OUT.yaml, its weights beside it, or to OUT.onnx, as QuantizeLinear and "
              "DequantizeLinear")
      .required();
  command.option("--data", options->folder,
                 "Folder of pictures (.png, .jpg) to take ranges and means from; labels are not needed");
  command.option("--pictures", options->most_pictures, "At most so many of them, from all over the folder")
      .within(1, 100000)
      .shows_default();
  command.option_function<std::string>(
      "--ranges", [options](const std::string& name) { options->options.ranges = ranges_named(name); },
      "With --data: all that values reach (minmax), or what makes the least squared error (mse) (default: minmax)");
  command.option_function<std::string>(
      "--weight-scales", [options](const std::string& name) { options->options.weights = weight_scales_named(name); },
      "A scale of weights for each output (channel) or for all outputs of a layer (tensor) (default: channel)");
  command.option_function<std::string>(
      "--rounding", [options](const std::string& name) { options->options.rounding = weight_rounding_named(name); },
      "With --data: each weight to its nearest number (nearest), or all of an output together by what pictures make of "
      "the layer's input (fitted) (default: fitted)");
  command.option_function<std::string>(
      "--equalise", [options](const std::string& name) { options->options.equalise = equalise_named(name); },
      "Bring channels that share a grid to one size first: on, off, or where it should divide the noise by ten or a "
      "layer has "
      "one "
      "scale of weights (auto) (default: auto)");
  command.option("--float-layers", options->options.float_layers, "How many of the noisiest layers stay in float")
      .within(0, 100000)
      .shows_default();
  command.option("--threads", options->options.threads, "Threads (0: as many as this process may use)")
      .within(0, 4096)
      .shows_default();
  add_json_option(command, options->json);
  command.runs([options] { return quantize(*options); });
}

}  // namespace banoff::cli
