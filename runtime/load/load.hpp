// From files to a graph.
#pragma once

#include <filesystem>
#include <functional>

#include "banoff/file.hpp"
#include "banoff/manifest.hpp"
#include "banoff/sizes.hpp"
#include "runtime/graph/signature.hpp"

namespace banoff {

/// Limits on what a model file may contain; exceeding one is an error, never a hang.
struct LoadLimits {
  std::size_t max_yaml_bytes = 8U << 20;
  std::size_t max_yaml_depth = 64;
  std::size_t max_yaml_nodes = 1'000'000;                     ///< after aliases are expanded
  std::size_t max_header_bytes = 64U << 20;                   ///< of a safetensors file
  std::int64_t max_random_elements = std::int64_t{1} << 31;   ///< of all parameters together, when made up from a seed
  std::int64_t max_computed_bytes = std::int64_t{640} << 20;  ///< of constants that an ONNX file tells how to make
  std::int64_t max_computed_steps = std::int64_t{1} << 31;    ///< of computing them, at all sizes that are tried
  Limits graph;
};

/// Computes one node: its outputs from its inputs. How the loader runs nets without knowing any kernel.
using NodeExecutor = std::function<std::vector<Tensor>(const Graph&, const Node&, const std::vector<Tensor>& inputs)>;

/// Where the weights come from: a safetensors file, or made up from a seed.
struct WeightSource {
  std::filesystem::path file;         ///< empty: the file the model names
  std::optional<std::uint64_t> seed;  ///< random weights, calibrated so that activations stay finite
  NodeExecutor executor;              ///< what calibrates them: must be given with a seed
  std::int64_t side = 64;             ///< of the images that calibrate them, at most: their smaller side in pixels
  bool may_lack = false;              ///< where the file is not there: zeros, and variances of one
};

/// A loaded network: the verified graph with its parameters, and what the file says of images and tasks.
struct LoadedModel {
  Graph graph;
  Manifest manifest;
  std::vector<SizeInfo> sizes;  ///< those that the file leaves open
  /// By input and dimension the name of an open size (else empty); of those that the graph holds one value of, too.
  std::vector<std::vector<std::string>> symbols;
  /// The network at other sizes, by name, where the graph is for its own alone; else null.
  std::function<LoadedModel(const std::map<std::string, std::int64_t>& sizes)> at;
};

/// Reads a YAML network and its weights; checks everything. Open sizes that neither the bindings nor the file give are
/// likely ones; a shape bound to "" is the only input's. Throws bad_input with file:line and node.
[[nodiscard]] LoadedModel load_model(const std::filesystem::path& file, const WeightSource& weights = {},
                                     const Bindings& bindings = {}, const LoadLimits& limits = {});

/// Parses and expands the YAML only; parameters are named but hold no tensors. `file` is used in messages.
[[nodiscard]] LoadedModel parse_yaml(std::string_view text, const std::string& file, const LoadLimits& limits = {});

/// Reads a safetensors file. Tensors point into the mapped file.
[[nodiscard]] std::map<std::string, Tensor> read_safetensors(const std::filesystem::path& file,
                                                             const LoadLimits& limits = {});
/// Writes tensors to a new file beside `file` and renames it into place.
void write_safetensors(const std::filesystem::path& file, const std::map<std::string, Tensor>& tensors);

/// Gives the graph's parameters their tensors by name; weight norm and weight standardisation are resolved here.
/// Throws bad_input listing every missing, misshapen and unused tensor at once; tensors whose names begin as one of
/// `ignore` may be unused.
void attach_weights(Graph& graph, std::map<std::string, Tensor> tensors, const std::string& weights_file,
                    const std::vector<TensorType>& types, const std::vector<std::string>& ignore = {});

/// Fills every parameter from a seed: He-scaled weights; batch norm statistics measured on a seeded batch passed
/// through the net by `executor` (images made smaller where the net allows it), gamma and beta varied (both signs of
/// gamma). The same seed gives the same parameters everywhere, up to the executor's rounding.
void randomize_weights(Graph& graph, std::uint64_t seed, const std::vector<TensorType>& types,
                       const NodeExecutor& executor, const LoadLimits& limits = {}, std::int64_t side = 64);

/// Fills every parameter with zeros, variances with ones: for a look at a network whose weights are not there.
void fill_with_zeros(Graph& graph, const std::vector<TensorType>& types, const LoadLimits& limits = {});

/// Replaces what nodes compute from constants alone by constants, stored as float32; `compute` should compute in
/// double. A result of more than a million elements is left to be computed.
void evaluate_constants(Graph& graph, const std::vector<TensorType>& types, const NodeExecutor& compute);

/// The expanded network as a YAML text that loads again, and its weights beside it. Both written atomically.
void save_model(const std::filesystem::path& file, const Graph& graph, const Manifest& manifest);
[[nodiscard]] std::string print_yaml(const Graph& graph, const Manifest& manifest);

}  // namespace banoff
