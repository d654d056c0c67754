#include <algorithm>
#include <set>

#include "banoff/task/draw.hpp"
#include "cli/predictor.hpp"
#include "cli/progress.hpp"
#include "cli/run.hpp"
#include "cli/summary.hpp"

namespace banoff::cli {
namespace {

namespace fs = std::filesystem;

/// What a picture gave: for people, for programs, and drawn.
struct Result {
  std::string text;
  Json json;
  std::optional<Image> drawing;
  std::optional<Image> mask;  ///< classes as grey levels
};

Result classified(const Prediction& prediction) {
  Result result;
  result.json["classes"] = Json::array();
  for (const Ranked& best : prediction.classes) {
    result.text += fmt::format("  {} {:.4g}\n", best.label, best.score);
    result.json["classes"].push_back({{"label", best.label}, {"index", best.index}, {"score", best.score}});
  }
  return result;
}

Result detected(const Prediction& prediction, const Task& task, const Image& image) {
  Result result;
  const std::vector<Detection>& found = prediction.detections;
  const std::vector<InstanceMask>& masks = prediction.instance_masks;
  result.json["detections"] = Json::array();
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Detection& one = found[i];
    const Box& box = one.box;
    const std::string label = label_of(task, one.label);
    result.text +=
        fmt::format("  {} {:.3f}  {:.1f} {:.1f} {:.1f} {:.1f}", label, one.score, box.x1, box.y1, box.x2, box.y2);
    for (const Point& point : one.landmarks) result.text += fmt::format("  {:.1f},{:.1f}", point.x, point.y);
    result.text += "\n";
    Json row = {
        {"label", label}, {"index", one.label}, {"score", one.score}, {"box", {box.x1, box.y1, box.x2, box.y2}}};
    for (const Point& point : one.landmarks) row["landmarks"].push_back({point.x, point.y});
    if (!masks.empty()) row["mask_pixels"] = std::ranges::count(masks[i].covered, 1);
    result.json["detections"].push_back(std::move(row));
  }
  result.drawing = draw_detections(image, found, task, masks);
  return result;
}

Result segmented(const Prediction& prediction, const Task& task, const Image& image) {
  Result result;
  const Mask& mask = prediction.mask;
  std::map<std::int64_t, std::size_t> counts;
  for (const std::uint8_t index : mask.classes) ++counts[index];
  result.json["classes"] = Json::array();
  for (const auto& [index, count] : counts) {
    const std::string label = index == Mask::unknown ? "unknown" : label_of(task, index);
    const double share = static_cast<double>(count) / static_cast<double>(mask.classes.size());
    result.text += fmt::format("  {} {:.2f} %\n", label, 100 * share);
    result.json["classes"].push_back({{"label", label}, {"index", index}, {"share", share}});
  }
  result.drawing = draw_mask(image, mask, task);
  result.mask = Image(mask.height, mask.width, 1);
  result.mask->pixels = mask.classes;
  return result;
}

Result transcribed(const Prediction& prediction) {
  const Transcription& read = prediction.text;
  return {fmt::format("  {} {:.3f}\n", read.text, read.score), {{"text", read.text}, {"score", read.score}}, {}, {}};
}

Result raw(const Tensors& outputs) {
  Result result;
  result.json["outputs"] = Json::array();
  for (const auto& [name, tensor] : outputs) result.json["outputs"].push_back(json_of(name, tensor));
  for (const auto& [name, tensor] : outputs) {
    const Summary summary = summary_of(tensor);
    result.text +=
        fmt::format("  {} {}, min {:.6g}, max {:.6g}\n", name, tensor.shape().str(), summary.min, summary.max);
  }
  return result;
}

Result result_of(const Prediction& prediction, const Task& task, const Image& image) {
  switch (task.kind) {
    case TaskKind::classification: return classified(prediction);
    case TaskKind::detection: return detected(prediction, task, image);
    case TaskKind::segmentation: return segmented(prediction, task, image);
    case TaskKind::text: return transcribed(prediction);
    case TaskKind::none: break;
  }
  return raw(prediction.outputs);
}

/// Where each picture is drawn to; refuses two of the same name and overwriting a picture that is read.
std::vector<fs::path> drawing_files(const RunCommand& options, const Task& task) {
  if (options.folder.empty()) return {};
  if (task.kind != TaskKind::detection && task.kind != TaskKind::segmentation) {
    fail_usage("--out: only boxes and masks are drawn, and this model has neither; leave it out");
  }
  std::vector<fs::path> files;
  std::set<fs::path> seen;
  for (const std::string& image : options.images) {
    files.push_back(fs::path(options.folder) / fs::path(image).stem().concat(".png"));
    if (!seen.insert(files.back()).second)
      fail_usage(fmt::format("--out: two pictures would be drawn to {}", files.back().string()));
    std::error_code missing;
    for (const std::string& read : options.images) {
      if (fs::equivalent(files.back(), read, missing)) fail_usage(fmt::format("--out: {} would be overwritten", read));
    }
  }
  std::error_code error;
  fs::create_directories(options.folder, error);
  if (error) fail_input(fmt::format("{}: cannot be made: {}", options.folder, error.message()));
  return files;
}

}  // namespace

int run_images(const RunCommand& options) {
  const Model model = folded(load(options.model), options.fold, options.device);
  Task task = model.manifest().task;
  task.top = options.top.value_or(task.top);
  task.min_score = options.min_score.value_or(task.min_score);
  const std::vector<fs::path> files = drawing_files(options, task);
  const bool sized = !options.model.load.shapes.empty() || !options.model.load.symbols.empty();
  Predictor predict = predictor(model, task, options.device, sized);
  Json rows = Json::array();
  std::string text;
  {
    Progress progress("run", options.images.size());
    for (std::size_t i = 0; i < options.images.size(); ++i) {
      const Image image = read_image(options.images[i]);
      Result result = result_of(predict(image), task, image);
      text += options.images[i] + "\n" + result.text;
      Json row = {{"file", options.images[i]}};
      row.update(result.json);
      if (!files.empty()) {
        write_png(files[i], *result.drawing);
        row["drawing"] = files[i].string();
        if (result.mask) {
          const fs::path mask = fs::path(files[i]).replace_extension(".mask.png");
          write_png(mask, *result.mask);
          row["mask"] = mask.string();
        }
      }
      rows.push_back(std::move(row));
      progress.step();
    }
  }
  if (options.json) print_json({{"model", options.model.file}, {"device", options.device.name}, {"images", rows}});
  else fmt::print("{}", text);
  return 0;
}

}  // namespace banoff::cli
