#include "cli/options.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace banoff::cli {
namespace {

/// The whole of `text` as a number of at least 0.
template <class T>
std::optional<T> number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.starts_with('-')) return std::nullopt;
  return value;
}

/// FILE or random:SEED.
void set_weights(LoadOptions& load, const std::string& text) {
  constexpr std::string_view prefix = "random:";
  if (!text.starts_with(prefix)) {
    load.weights = text;
    return;
  }
  load.random_seed = number<std::uint64_t>(std::string_view(text).substr(prefix.size()));
  if (!load.random_seed) fail_usage(fmt::format("--weights {}: the seed must be a number, as in random:1", text));
}

/// NAME:1x3x224x224 or SYMBOL=8.
void set_shape(LoadOptions& load, const std::string& text) {
  const auto wrong = [&] { fail_usage(fmt::format("--shape {}: expected NAME:1x3x224x224 or a symbol as N=8", text)); };
  if (const std::size_t colon = text.rfind(':'); colon != std::string::npos) {
    Shape shape;
    for (std::size_t start = colon + 1; start <= text.size();) {
      const std::size_t end = std::min(text.find('x', start), text.size());
      const auto size = number<std::int64_t>(std::string_view(text).substr(start, end - start));
      if (!size) wrong();
      shape.push_back(*size);
      start = end + 1;
    }
    load.shapes[text.substr(0, colon)] = shape;
    return;
  }
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) wrong();
  const auto size = number<std::int64_t>(std::string_view(text).substr(equals + 1));
  if (!size) wrong();
  load.symbols[text.substr(0, equals)] = *size;
}

}  // namespace

void add_model_options(Command& command, ModelOptions& options) {
  command.option("MODEL", options.file, "Network file (.yaml or .onnx)").required();
  add_load_options(command, options.load);
}

void add_load_options(Command& command, LoadOptions& load) {
  command.option_function<std::string>(
      "--weights", [&load](const std::string& text) { set_weights(load, text); },
      "safetensors FILE, or random:SEED for made-up weights (default: the file the model names)");
  command
      .option_function<std::vector<std::string>>(
          "--shape",
          [&load](const std::vector<std::string>& texts) {
            for (const std::string& text : texts) set_shape(load, text);
          },
          "Input shape NAME:1x3x224x224, or a symbolic size N=8; may be repeated")
      .repeatable();
  command.option("--task", load.task,
                 "YAML FILE with `preprocess` and `task`, in place of the model's (default for NAME.onnx: "
                 "NAME.task.yaml beside it)");
}

Model load(const ModelOptions& options) { return Model::load(options.file, options.load); }

void add_exact_option(Command& command, bool& exact) {
  command.flag("--exact-conv", exact,
               "On the cpu device: only convolutions that sum plain products; others are faster and within 1e-5 of the "
               "layer's largest output");
}

void add_device_options(Command& command, DeviceOptions& options) {
  command.option("--device", options.name, "One of `banoff devices`").shows_default();
  command.option("--threads", options.threads, "Threads of the device (0: as many as this process may use)")
      .within(0, 4096)
      .shows_default();
  add_isa_option(command, options.isa);
  command.option_function<std::string>(
      "--precision", [&options](const std::string& name) { options.precision = precision_named(name); },
      fmt::format(
          "What is computed in: fp32, tf32, fp16 or bf16 on a GPU; fp32, bf16 or int8 on the cpu device, int8 as "
          "`banoff quantize` without pictures makes it (default: {})",
          name_of(options.precision)));
  add_exact_option(command, options.exact_convolutions);
}

void add_isa_option(Command& command, std::string& isa) {
  command.option("--isa", isa, "Widest instructions of the cpu device: avx2 or avx512 (default: all it has)");
}

void add_fold_options(Command& command, FoldOptions& options) {
  command.option_function<std::string>(
      "--method", [&options](const std::string& name) { options.method = method_named(name); },
      fmt::format("How batch norms are folded: none, naive, banoff or optimal (default: {})", name_of(options.method)));
  add_optimal_options(command, options);
}

void add_optimal_options(Command& command, FoldOptions& options) {
  command.option_function<std::string>(
      "--activations", [&options](const std::string& name) { options.activations = activations_named(name); },
      fmt::format("With optimal: literal keeps ReLUs as they are, clamp gives them bounds per channel, auto where that "
                  "pays (default: {})",
                  name_of(options.activations)));
  command.option_function<std::string>(
      "--objective", [&options](const std::string& name) { options.objective = objective_named(name); },
      fmt::format("With optimal: remove the norms that move the most bytes, or the largest count (default: {})",
                  name_of(options.objective)));
  command.flag("!--no-borders", options.borders, "With optimal: never pad a conv with values per channel");
}

void add_methods_option(Command& command, std::vector<Method>& methods) {
  command
      .option_function<std::vector<std::string>>(
          "--methods",
          [&methods](const std::vector<std::string>& names) {
            methods.clear();
            for (const std::string& name : names) methods.push_back(method_named(name));
          },
          "Ways of folding to compare, separated by commas (default: none,naive,banoff,optimal)")
      .by_commas();
}

void add_json_option(Command& command, bool& json) { command.flag("--json", json, "Print JSON"); }

std::pair<std::string, std::string> split_binding(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::pair<Model, FoldReport> fold_model(const Model& model, FoldOptions options, const DeviceOptions& device) {
  options.threads = device.threads;
  std::pair<Model, FoldReport> result = fold_for(model, options, device);
  const auto refused = std::ranges::find(result.second.norms, Blocker::self_check, &FoldedNorm::blocker);
  if (refused != result.second.norms.end()) {
    constexpr const char* file = "banoff-reproducer.yaml";
    model.save(file);
    fmt::print(stderr,
               "{}: {}\nThis is a bug in banoff, and the fold was undone. Please report it with {} and its weights\n",
               refused->name, refused->reason, file);
  }
  return result;
}

Model folded(const Model& model, const FoldOptions& options, const DeviceOptions& device) {
  const bool as_it_is = options.method == Method::none && !in_integers(device);
  return as_it_is ? model : fold_model(model, options, device).first;
}

void check_output(const std::filesystem::path& output, const Manifest& manifest) {
  const bool onnx = output.extension() == ".onnx";
  if (!onnx && output.extension() != ".yaml" && output.extension() != ".yml") {
    fail_usage(
        fmt::format("-o {}: a network is written as .onnx, or as .yaml with its weights beside it", output.string()));
  }
  std::filesystem::path weights = output;
  if (!onnx) weights.replace_extension(".safetensors");
  for (const auto& [written, read] : {std::pair(output, manifest.file), std::pair(weights, manifest.weights)}) {
    std::error_code ignored;
    if (std::filesystem::equivalent(written, read, ignored)) {
      fail_usage(fmt::format("-o {}: would overwrite {}; choose another name", output.string(), read.string()));
    }
  }
}

void fail_usage(const std::string& message) { throw Error(ErrorKind::usage, message); }
void fail_input(const std::string& message) { throw Error(ErrorKind::bad_input, message); }

void print_json(const Json& json) { fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace)); }

}  // namespace banoff::cli
