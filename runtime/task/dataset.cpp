#include "banoff/task/dataset.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <nlohmann/json.hpp>

#include "runtime/core/fail.hpp"
#include "runtime/task/read_file.hpp"

namespace banoff {
namespace {

constexpr std::uintmax_t max_index_bytes = std::uintmax_t{256} << 20;

/// A label's index: its place in the task's labels, else the number it is.
std::int64_t index_of(const std::string& label, const Task& task, const std::string& where) {
  const auto named = std::ranges::find(task.labels, label);
  if (named != task.labels.end()) return named - task.labels.begin();
  std::int64_t index = -1;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), index);
  const bool number = error == std::errc() && end == label.data() + label.size() && index >= 0;
  if (!number || (!task.labels.empty() && index >= std::ssize(task.labels))) {
    fail_input("{}: label '{}' is none of the task's {} labels", where, label, task.labels.size());
  }
  return index;
}

std::filesystem::path inside(const std::filesystem::path& folder, const std::string& name, const std::string& where) {
  const std::filesystem::path relative(name);
  const bool leaves =
      relative.is_absolute() || std::ranges::find(relative, std::filesystem::path("..")) != relative.end();
  if (name.empty() || leaves) fail_input("{}: '{}' is not a file name inside the folder", where, name);
  return folder / relative;
}

std::vector<Sample> read_labels(const std::filesystem::path& folder, const Task& task) {
  const std::filesystem::path file = folder / "labels.csv";
  const std::string text = read_file(file, max_index_bytes);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  std::istringstream lines(text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text);
  std::vector<Sample> samples;
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::string where = fmt::format("{}:{}", file.string(), number);
    if (number == 1) {
      if (line != "file,label") fail_input("{}: expected the header 'file,label', got '{}'", where, line);
      continue;
    }
    if (line.empty()) continue;
    const std::size_t comma = line.rfind(',');
    if (comma == std::string::npos) fail_input("{}: expected 'file,label', got '{}'", where, line);
    Sample sample;
    sample.image = inside(folder, line.substr(0, comma), where);
    sample.label = index_of(line.substr(comma + 1), task, where);
    samples.push_back(std::move(sample));
  }
  return samples;
}

LabelledBox read_box(const nlohmann::json& object, const Task& task, const std::string& where) {
  if (!object.is_object() || !object.contains("label") || !object.contains("box")) {
    fail_input("{}: expected {{\"label\": …, \"box\": [x1, y1, x2, y2]}}, got {}", where, object.dump());
  }
  const nlohmann::json &label = object["label"], &box = object["box"];
  const bool corners = box.is_array() && box.size() == 4 &&
                       std::ranges::all_of(box, [](const nlohmann::json& v) { return v.is_number(); });
  if (!corners) fail_input("{}: expected a box [x1, y1, x2, y2], got {}", where, box.dump());
  LabelledBox result;
  result.label = index_of(label.is_string() ? label.get<std::string>() : label.dump(), task, where);
  result.box = {box[0].get<double>(), box[1].get<double>(), box[2].get<double>(), box[3].get<double>()};
  if (!(result.box.x1 <= result.box.x2 && result.box.y1 <= result.box.y2)) {
    fail_input("{}: a box's corners must be ordered, got {}", where, box.dump());
  }
  return result;
}

std::vector<Sample> read_boxes(const std::filesystem::path& folder, const Task& task) {
  const std::filesystem::path file = folder / "boxes.json";
  const nlohmann::json index = nlohmann::json::parse(read_file(file, max_index_bytes), nullptr, false);
  if (!index.is_object()) fail_input("{}: not a JSON object of file names", file.string());
  std::vector<Sample> samples;
  for (const auto& [name, boxes] : index.items()) {
    const std::string where = fmt::format("{}: '{}'", file.string(), name);
    if (!boxes.is_array()) fail_input("{}: expected a list of boxes", where);
    Sample sample;
    sample.image = inside(folder, name, where);
    for (const nlohmann::json& box : boxes) sample.boxes.push_back(read_box(box, task, where));
    samples.push_back(std::move(sample));
  }
  return samples;
}

std::vector<Sample> read_masks(const std::filesystem::path& folder) {
  constexpr std::string_view ending = ".mask.png";
  std::vector<Sample> samples;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (!name.ends_with(ending)) continue;
    const std::string stem = name.substr(0, name.size() - ending.size());
    Sample sample;
    sample.mask = entry.path();
    for (const char* extension : {".png", ".jpg", ".jpeg"}) {
      if (sample.image.empty() && std::filesystem::exists(folder / (stem + extension)))
        sample.image = folder / (stem + extension);
    }
    if (sample.image.empty())
      fail_input("{}: there is no picture {}.png or .jpg beside it", entry.path().string(), stem);
    samples.push_back(std::move(sample));
  }
  std::ranges::sort(samples, {}, &Sample::image);
  return samples;
}

}  // namespace

std::vector<Sample> read_dataset(const std::filesystem::path& folder, const Task& task) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) fail_input("{}: no such folder", folder.string());
  std::vector<Sample> samples;
  switch (task.kind) {
    case TaskKind::classification: samples = read_labels(folder, task); break;
    case TaskKind::detection: samples = read_boxes(folder, task); break;
    case TaskKind::segmentation: samples = read_masks(folder); break;
    case TaskKind::text: fail_usage("the model reads text, which is not measured here");
    case TaskKind::none: fail_usage("the model names no task, so there is nothing to measure; add `task:` to its file");
  }
  if (samples.empty()) fail_input("{}: holds no labelled pictures", folder.string());
  return samples;
}

}  // namespace banoff
