// banoff eval: how good a network is on a labelled folder, for one or all folding methods.
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "banoff/task/dataset.hpp"
#include "cli/commands.hpp"
#include "cli/options.hpp"
#include "cli/predictor.hpp"
#include "cli/progress.hpp"
#include "cli/table.hpp"

namespace banoff::cli {
namespace {

struct EvalCommand {
  ModelOptions model;
  std::string folder;
  FoldOptions fold;
  std::vector<Method> methods{fold.method};
  DeviceOptions device;
  bool json = false;
};

/// Figures of one method, the first of which counts.
struct Score {
  std::vector<std::pair<std::string, double>> figures;
  Json per_class = Json::object();
};

Score score_classes(Predictor& predict, const std::vector<Sample>& samples, Progress& progress) {
  std::vector<std::int64_t> predicted, truth;
  for (const Sample& sample : samples) {
    predicted.push_back(predict(sample.image).classes.front().index);
    truth.push_back(sample.label);
    progress.step();
  }
  return {{{"accuracy", accuracy(predicted, truth)}}};
}

Score score_boxes(Predictor& predict, const std::vector<Sample>& samples, const Task& task, Progress& progress) {
  std::vector<std::vector<Detection>> found;
  std::vector<std::vector<LabelledBox>> truth;
  for (const Sample& sample : samples) {
    found.push_back(predict(sample.image).detections);
    truth.push_back(sample.boxes);
    progress.step();
  }
  const AveragePrecision precision = average_precision(found, truth);
  Score score{{{"map_50", precision.mean}}};
  for (const auto& [label, value] : precision.per_class) score.per_class[label_of(task, label)] = value;
  return score;
}

Score score_masks(Predictor& predict, const std::vector<Sample>& samples, const Task& task, Progress& progress) {
  ConfusionMatrix matrix;
  for (const Sample& sample : samples) {
    matrix.add(predict(sample.image).mask, read_mask(sample.mask));
    progress.step();
  }
  Score score{{{"mean_iou", matrix.mean_iou()}, {"pixel_accuracy", matrix.pixel_accuracy()}}};
  const auto each = matrix.iou();
  for (std::size_t i = 0; i < each.size(); ++i) {
    if (each[i]) score.per_class[label_of(task, static_cast<std::int64_t>(i))] = *each[i];
  }
  return score;
}

Score score_of(const Model& model, const EvalCommand& options, const std::vector<Sample>& samples, Progress& progress) {
  Task task = model.manifest().task;
  task.min_score = 0;  // the whole precision-recall curve counts
  task.masks.clear();  // boxes are scored, not what is in them
  Predictor predict = predictor(model, task, options.device);
  if (task.kind == TaskKind::classification) return score_classes(predict, samples, progress);
  if (task.kind == TaskKind::detection) return score_boxes(predict, samples, task, progress);
  return score_masks(predict, samples, task, progress);
}

int evaluate(const EvalCommand& options) {
  const Model model = load(options.model);
  const std::vector<Sample> samples = read_dataset(options.folder, model.manifest().task);
  std::vector<std::pair<Method, Score>> scores;
  {
    Progress progress("eval", samples.size() * options.methods.size());
    for (const Method method : options.methods) {
      FoldOptions fold = options.fold;
      fold.method = method;
      scores.emplace_back(method, score_of(folded(model, fold, options.device), options, samples, progress));
    }
  }
  if (options.json) {
    Json results = Json::array();
    for (const auto& [method, score] : scores) {
      Json row = {{"method", std::string(name_of(method))}};
      for (const auto& [name, value] : score.figures) row[name] = value;
      if (!score.per_class.empty()) row["per_class"] = score.per_class;
      results.push_back(std::move(row));
    }
    print_json({{"model", options.model.file},
                {"data", options.folder},
                {"device", options.device.name},
                {"images", samples.size()},
                {"metric", scores.front().second.figures.front().first},
                {"results", results}});
    return 0;
  }
  std::vector<Table::Column> columns{{"method"}};
  for (const auto& figure : scores.front().second.figures) columns.push_back({figure.first, Align::right});
  Table table(columns);
  for (const auto& [method, score] : scores) {
    std::vector<std::string> row{std::string(name_of(method))};
    for (const auto& figure : score.figures) row.push_back(fmt::format("{:.4f}", figure.second));
    table.add(std::move(row));
  }
  table.print();
  fmt::print("{} pictures\n", samples.size());
  return 0;
}

}  // namespace

void add_eval(Parser& parser) {
  Command command = parser.command(
      "eval", "Accuracy, mAP@0.5 or mean IoU on a labelled folder",
      "The folder holds pictures and, by the model's task:\n"
      "  classification  labels.csv, with the header file,label\n"
      "  detection       boxes.json, {\"file\": [{\"label\": …, \"box\": [x1, y1, x2, y2]}]}\n"
      "  segmentation    NAME.png with NAME.mask.png, grey levels being classes (255: does not count)\n\n"
      "Example:\n  banoff eval classifier.yaml --data digits --method all");
  auto options = std::make_shared<EvalCommand>();
  add_model_options(command, options->model);
  command.option("--data", options->folder, "Labelled folder").required();
  command.option_function<std::string>(
      "--method",
      [options](const std::string& name) {
        if (name == "all") options->methods.assign(all_methods.begin(), all_methods.end());
        else options->methods = {method_named(name)};
      },
      fmt::format("none, naive, banoff, optimal or all (default: {})", name_of(options->fold.method)));
  add_optimal_options(command, options->fold);
  add_device_options(command, options->device);
  add_json_option(command, options->json);
  command.runs([options] { return evaluate(*options); });
}

}  // namespace banoff::cli
