#include "runtime/load/manifest.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/load/manifest_fields.hpp"
#include "runtime/load/text_file.hpp"

namespace banoff {

namespace {

class ManifestReader {
 public:
  ManifestReader(const std::string& file, const Env& env, const Graph& graph) : file_(file), env_(env), graph_(graph) {}

  std::vector<Preprocess> preprocess(const Yaml& section) const {
    if (!section.is(Yaml::Kind::map)) fail_at(file_, section.line, "preprocess must be a map from input to settings");
    std::vector<Preprocess> result;
    for (const YamlEntry& entry : section.entries) {
      std::vector<std::string_view> inputs;
      for (const GraphInput& input : graph_.inputs) inputs.push_back(graph_.value(input.value).name);
      if (std::ranges::find(inputs, entry.key) == inputs.end()) {
        fail_at(file_, entry.line,
                fmt::format("preprocess: no input '{}'{}", entry.key, did_you_mean(entry.key, inputs)));
      }
      result.push_back(preprocess_of(entry));
    }
    return result;
  }

  Task task(const Yaml& section) const {
    const std::string what = "task";
    Attributes attributes = attributes_of(section, what);
    if (const auto labels = attributes.find("labels"); labels != attributes.end()) {
      if (const auto* text_file = labels->second.value.as<std::string>()) {
        labels->second.value = labels_in(*text_file, labels->second.line);
      }
    }
    Task task;
    FieldReader reader(attributes, section.line, failing(what));
    task_fields(reader, task);
    reader.finish();
    check_output(task, section.line);
    return task;
  }

 private:
  FieldReader::Fail failing(const std::string& what) const {
    return [this, what](int line, const std::string& message) { fail_at(file_, line, what + ": " + message); };
  }

  Attributes attributes_of(const Yaml& section, const std::string& what) const {
    if (!section.is(Yaml::Kind::map)) fail_at(file_, section.line, what + " must be a map");
    Attributes result;
    for (const YamlEntry& entry : section.entries) {
      result[entry.key] = {interpolate(*entry.value, env_, file_), entry.line};
    }
    return result;
  }

  Preprocess preprocess_of(const YamlEntry& entry) const {
    const std::string what = "preprocess '" + entry.key + "'";
    const Attributes attributes = attributes_of(*entry.value, what);
    Preprocess result;
    result.input = entry.key;
    FieldReader reader(attributes, entry.line, failing(what));
    preprocess_fields(reader, result);
    reader.finish();
    if (attributes.find("fit") == attributes.end() && result.resize.size() == 1) result.fit = Fit::shorter;
    check(result, entry.line, what);
    return result;
  }

  void check(const Preprocess& p, int line, const std::string& what) const {
    const auto fail = [&](const std::string& message) { fail_at(file_, line, what + ": " + message); };
    constexpr std::int64_t largest = 1 << 16;
    for (const Ints* sizes : {&p.resize, &p.crop}) {
      const auto sane = [](std::int64_t size) { return size >= 1 && size <= largest; };
      if (sizes->size() > 2 || !std::ranges::all_of(*sizes, sane)) {
        fail(fmt::format("sizes are one or two numbers from 1 to {}, got {}", largest, print_attribute(*sizes)));
      }
    }
    if (p.fit != Fit::shorter && p.resize.size() == 1 && p.fit == Fit::exact)
      fail("fit: exact needs a height and a width");
    const std::size_t channels = p.channels == Channels::gray ? 1 : 3;
    for (const std::vector<double>* each : {&p.mean, &p.std}) {
      if (each->size() > 1 && each->size() != channels) {
        fail(fmt::format("{} numbers for {} channels", each->size(), channels));
      }
    }
    const auto finite = [](double v) { return std::isfinite(v); };
    const auto positive = [](double v) { return std::isfinite(v) && v > 0; };
    if (!std::ranges::all_of(p.mean, finite) || !std::ranges::all_of(p.std, positive) || !positive(p.scale)) {
      fail("mean must be finite, std and scale positive");
    }
  }

  Datum labels_in(const std::string& name, int line) const {
    constexpr std::size_t max_label_bytes = 4U << 20;
    try {
      const std::string text = read_text_file(std::filesystem::path(file_).parent_path() / name, max_label_bytes);
      std::vector<Datum> labels;
      for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string label = text.substr(at, end - at);
        if (!label.empty() && label.back() == '\r') label.pop_back();
        labels.emplace_back(std::move(label));
        at = end + 1;
      }
      return Datum(std::move(labels));
    } catch (const Error& error) {
      fail_at(file_, line, fmt::format("task: labels: {}", error.what()));
    }
  }

  void check_output(const Task& task, int line) const {
    if (task.top < 1) fail_at(file_, line, fmt::format("task: top: expected 1 or more, got {}", task.top));
    std::vector<std::string_view> names;
    for (const GraphOutput& output : graph_.outputs) names.push_back(output.name);
    for (const std::string& name : {task.output, task.masks}) {
      if (name.empty() || std::ranges::find(names, name) != names.end()) continue;
      fail_at(file_, line, fmt::format("task: no output '{}'{}", name, did_you_mean(name, names)));
    }
  }

  const std::string& file_;
  const Env& env_;
  const Graph& graph_;
};

}  // namespace

namespace {

/// A list of beginnings of names, or one.
std::vector<std::string> read_ignored(const YamlEntry& entry, const Env& env, const std::string& file) {
  const Datum value = interpolate(*entry.value, env, file);
  const std::vector<Datum> one{value};
  const std::vector<Datum>* items = value.items();
  std::vector<std::string> names;
  for (const Datum& item : items == nullptr ? one : *items) {
    const auto* text = item.as<std::string>();
    if (text == nullptr || text->empty()) {
      fail_at(file, entry.line, "ignore: expected how names of tensors begin, got " + item.describe());
    }
    names.push_back(*text);
  }
  return names;
}

}  // namespace

Manifest read_manifest(const Yaml& root, const std::string& file, const Env& env, const Graph& graph) {
  Manifest manifest;
  manifest.file = file;
  const std::filesystem::path folder = manifest.file.parent_path();
  manifest.weights = folder / (manifest.file.stem().string() + ".safetensors");
  if (const YamlEntry* weights = root.find("weights")) {
    const Datum path = interpolate(*weights->value, env, file);
    const auto* text = path.as<std::string>();
    if (text == nullptr || text->empty())
      fail_at(file, weights->line, "weights: expected a path, got " + path.describe());
    manifest.weights = folder / *text;
  }
  if (const YamlEntry* ignore = root.find("ignore")) manifest.ignore = read_ignored(*ignore, env, file);
  const ManifestReader reader(file, env, graph);
  if (const YamlEntry* section = root.find("preprocess")) manifest.preprocess = reader.preprocess(*section->value);
  if (const YamlEntry* section = root.find("task")) manifest.task = reader.task(*section->value);
  return manifest;
}

}  // namespace banoff
