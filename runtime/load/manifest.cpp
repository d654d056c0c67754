#include "runtime/load/manifest.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/load/file_kind.hpp"
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
    check_decoding(task, section.line);
    std::string& anchors = task.decoding.anchors;
    if (!anchors.empty()) {
      anchors = std::filesystem::absolute(std::filesystem::path(file_).parent_path() / anchors).string();
    }
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
      constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
      std::vector<Datum> labels;
      for (std::size_t at = text.starts_with(byte_order_mark) ? byte_order_mark.size() : 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string label = text.substr(at, end - at);
        if (!label.empty() && label.back() == '\r') label.pop_back();
        labels.emplace_back(std::move(label));
        at = end + 1;
      }
      while (!labels.empty() && labels.back() == Datum(std::string())) labels.pop_back();
      return Datum(std::move(labels));
    } catch (const Error& error) {
      fail_at(file_, line, fmt::format("task: labels: {}", error.what()));
    }
  }

  void check_output(const Task& task, int line) const {
    if (task.top < 1) fail_at(file_, line, fmt::format("task: top: expected 1 or more, got {}", task.top));
    std::vector<std::string_view> names;
    for (const GraphOutput& output : graph_.outputs) names.push_back(output.name);
    std::vector<std::string> wanted = task.decoding.heads;
    wanted.insert(wanted.end(), {task.output, task.masks});
    for (const std::string& name : wanted) {
      if (name.empty() || std::ranges::find(names, name) != names.end()) continue;
      fail_at(file_, line, fmt::format("task: no output '{}'{}", name, did_you_mean(name, names)));
    }
  }

  void check_decoding(const Task& task, int line) const {
    const auto fail = [&](const std::string& message) { fail_at(file_, line, "task: " + message); };
    const Decoding& d = task.decoding;
    const Decoding standard;
    if (d.decoder == Decoder::none) {
      if (!(d == standard)) fail("keys of a decoder, but no `decoder`");
      return;
    }
    if (task.kind != TaskKind::detection) fail("only detection has a decoder");
    if (!task.masks.empty()) fail("boxes that are decoded have no masks");
    constexpr std::int64_t most = 100'000;
    if (d.max < 1 || d.max > most) fail(fmt::format("max: expected 1 to {}, got {}", most, d.max));
    if (!(d.iou >= 0 && d.iou <= 1)) fail(fmt::format("iou: expected 0 to 1, got {}", d.iou));
    const auto finite = [](double v) { return std::isfinite(v); };
    if (d.variances.size() != 4 || !std::ranges::all_of(d.variances, finite)) {
      fail("variances: expected 4 numbers, of x, y, width and height");
    }
    const bool plain = d.decoder == Decoder::boxes || d.decoder == Decoder::ssd;
    if (!plain && (d.background || d.relative || d.form != standard.form)) {
      fail("background, relative and form are for the decoders boxes and ssd");
    }
    if (d.decoder != Decoder::ssd && (!d.anchors.empty() || d.variances != standard.variances)) {
      fail("anchors and variances are for the decoder ssd");
    }
    const auto is_stride = [](std::int64_t stride) { return stride >= 1 && stride <= 4096; };
    if (d.strides.empty() || !std::ranges::all_of(d.strides, is_stride)) {
      fail("strides: expected numbers of pixels from 1 to 4096, one for each map of the head");
    }
    const bool of_maps = d.decoder == Decoder::yolox || d.decoder == Decoder::picodet;
    if (!of_maps && d.strides != standard.strides) fail("strides is for the decoders yolox and picodet");
    if (d.decoder != Decoder::dbnet && (d.threshold != standard.threshold || d.unclip != standard.unclip)) {
      fail("threshold and unclip are for the decoder dbnet");
    }
    if (!(d.threshold >= 0 && d.threshold < 1))
      fail(fmt::format("threshold: expected 0 to less than 1, got {}", d.threshold));
    if (!(d.unclip >= 0 && d.unclip <= 100)) fail(fmt::format("unclip: expected 0 to 100, got {}", d.unclip));
    if (d.decoder == Decoder::centernet && d.scores == ScoreKind::softmax) {
      fail("scores: peaks of a heat map are probability or sigmoid");
    }
    if (!plain && d.decoder != Decoder::centernet && d.scores != standard.scores) {
      fail("scores is for the decoders boxes, ssd and centernet: the heads of the others have probabilities");
    }
  }

  const std::string& file_;
  const Env& env_;
  const Graph& graph_;
};

void read_sections(const Yaml& root, const ManifestReader& reader, Manifest& manifest) {
  if (const YamlEntry* section = root.find("preprocess")) manifest.preprocess = reader.preprocess(*section->value);
  if (const YamlEntry* section = root.find("task")) manifest.task = reader.task(*section->value);
}

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
  read_sections(root, ManifestReader(file, env, graph), manifest);
  return manifest;
}

void read_task_file(const std::filesystem::path& file, const Graph& graph, Manifest& manifest,
                    const LoadLimits& limits) {
  const std::string name = file.string();
  const std::string text = read_text_file(file, limits.max_yaml_bytes);
  if (!is_text(text)) fail_input("{}: not a text; a task file is YAML with `preprocess` and `task`", name);
  const YamlPtr root = parse_document(text, name, limits);
  check_keys(*root, "a task file", {"preprocess", "task"}, name);
  const Env env;
  read_sections(*root, ManifestReader(name, env, graph), manifest);
}

}  // namespace banoff
