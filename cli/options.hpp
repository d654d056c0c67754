// Options that several commands share.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "banoff/session.hpp"
#include "cli/parser.hpp"

namespace banoff::cli {

using Json = nlohmann::ordered_json;

inline constexpr std::array all_methods{Method::none, Method::naive, Method::banoff, Method::optimal};

/// --weights and --shape.
void add_load_options(Command& command, LoadOptions& load);

/// MODEL, --weights and --shape.
struct ModelOptions {
  std::string file;
  LoadOptions load;
};
void add_model_options(Command& command, ModelOptions& options);
[[nodiscard]] Model load(const ModelOptions& options);

/// --isa, one of what add_device_options adds.
void add_isa_option(Command& command, std::string& isa);
/// --exact-conv.
void add_exact_option(Command& command, bool& exact);
/// --device, --threads, --isa, --precision and --exact-conv.
void add_device_options(Command& command, DeviceOptions& options);
/// --method, and what the method `optimal` may do: --activations, --objective, --no-borders.
void add_fold_options(Command& command, FoldOptions& options);
/// --activations, --objective and --no-borders.
void add_optimal_options(Command& command, FoldOptions& options);
/// --methods: several, to be compared.
void add_methods_option(Command& command, std::vector<Method>& methods);
void add_json_option(Command& command, bool& json);

/// Splits NAME=FILE; a word without '=' is a file whose name is empty.
[[nodiscard]] std::pair<std::string, std::string> split_binding(const std::string& text);

/// Folds. A fold that its self-check refused is a bug of ours: the network that shows it is written to
/// banoff-reproducer.yaml, and stderr says so. By the prices of the device, and on its threads.
[[nodiscard]] std::pair<Model, FoldReport> fold_model(const Model& model, FoldOptions options,
                                                      const DeviceOptions& device);
/// The network with its batch norms folded as asked; untouched for Method::none.
[[nodiscard]] Model folded(const Model& model, const FoldOptions& options, const DeviceOptions& device);

/// Refuses a file to write a network to that is of neither format (.yaml, .onnx), or that the network is read from.
void check_output(const std::filesystem::path& output, const Manifest& manifest);

[[noreturn]] void fail_usage(const std::string& message);
[[noreturn]] void fail_input(const std::string& message);

void print_json(const Json& json);

}  // namespace banoff::cli
