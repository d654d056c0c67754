// A network: loaded, inspected, folded, saved. Immutable and cheap to copy.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "banoff/error.hpp"
#include "banoff/export.h"
#include "banoff/fold.hpp"
#include "banoff/manifest.hpp"
#include "banoff/prune.hpp"
#include "banoff/quantize.hpp"
#include "banoff/sizes.hpp"
#include "banoff/tensor.hpp"

namespace banoff {

struct DeviceOptions;  // session.hpp

struct LoadOptions {
  std::filesystem::path weights;             ///< safetensors file; empty: what the model names
  std::optional<std::uint64_t> random_seed;  ///< made-up weights instead of a file
  /// Made-up batch norms have the statistics of images of at most so many pixels at the smaller side. More take longer,
  /// and deep networks lose fewer digits at large sizes.
  std::int64_t random_side = 64;
  std::map<std::string, std::int64_t> symbols;  ///< values of open sizes ("N" -> 8); likely ones for the others
  std::map<std::string, Shape> shapes;          ///< whole shapes by input name; of "": the only input's
  /// Zeros (variances of one) in place of a file of weights that is not there: for a look at the network.
  bool without_weights = false;
  /// A file whose `preprocess` and `task` replace the network's; empty: NAME.task.yaml beside NAME.onnx, if it exists.
  std::filesystem::path task;
};

struct TensorInfo {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
  bool bounded = false;      ///< shape[0] is a capacity
  bool has_default = false;  ///< of an input: it may be left out
  /// Of an input, by dimension: the name of an open size, which sessions take other values of; empty where fixed.
  std::vector<std::string> symbols;
};

/// A node as a table row.
struct LayerInfo {
  std::string name;
  std::string op;
  std::string where;  ///< file:line
  std::string attributes;
  std::vector<std::string> inputs;  ///< names of values
  std::vector<TensorInfo> outputs;
  std::int64_t parameters = 0;  ///< a shared one counts where it is used first
  std::int64_t flops = 0;       ///< multiplications and additions counted apart
};

/// Nodes that cannot be run, all for the same reason.
struct Unsupported {
  std::string op;
  std::string reason;
  std::vector<std::string> nodes;
};

/// How far two runs of the same outputs are apart. Relative errors are relative to the reference's largest magnitude.
struct OutputError {
  std::string name;
  double max_abs_error = 0;
  double max_relative_error = 0;
  double mean_abs_error = 0;
};

using Tensors = std::map<std::string, Tensor>;

/// Errors of `actual` against `expected`, by output. Throws check_failed when names or shapes differ.
[[nodiscard]] BANOFF_API std::vector<OutputError> compare(const Tensors& expected, const Tensors& actual);

class BANOFF_API Model {
 public:
  struct Contents;

  /// Reads and verifies a network: YAML and its weights, or ONNX (.onnx). Throws bad_input with file:line and node.
  [[nodiscard]] static Model load(const std::filesystem::path& file, const LoadOptions& options = {});
  explicit Model(std::shared_ptr<const Contents> contents) : contents_(std::move(contents)) {}

  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const Manifest& manifest() const;
  [[nodiscard]] std::vector<TensorInfo> inputs() const;
  [[nodiscard]] std::vector<TensorInfo> outputs() const;
  /// The sizes that the network's file leaves open, and what they are in inputs(), outputs() and layers().
  [[nodiscard]] const std::vector<SizeInfo>& sizes() const;
  /// This network at the sizes of these input shapes, by name; inputs left out follow, or stay as they are. Throws
  /// bad_input for a shape that the network does not take.
  [[nodiscard]] Model at(const std::map<std::string, Shape>& shapes) const;
  [[nodiscard]] std::vector<LayerInfo> layers() const;

  /// What keeps the network from being run; empty where it can be. Such nodes of an ONNX file are carried: the network
  /// can be inspected and folded, and is written as ONNX with them as they are.
  [[nodiscard]] std::vector<Unsupported> unsupported() const;

  /// This network with the values of these nodes as outputs too, by the nodes' names (and "name[i]" of several).
  /// Throws usage for a name that is none.
  [[nodiscard]] Model with_outputs(const std::vector<std::string>& values) const;
  /// What can be written as ONNX: without the nodes that have no form there and all behind them, whose inputs are
  /// outputs now. The second is what has none, by name; empty: the whole network.
  [[nodiscard]] std::pair<Model, std::vector<std::string>> part_with_onnx_form() const;
  /// This network with its batch norms folded, and what was done. Whether clamps and padding values save time is asked
  /// of the device that it is to run on: without one, of the cpu device with options.threads threads.
  [[nodiscard]] std::pair<Model, FoldReport> fold(const FoldOptions& options) const;
  [[nodiscard]] std::pair<Model, FoldReport> fold(const FoldOptions& options, const DeviceOptions& device) const;
  /// This network in integers of 8 bits: folded, and its values and weights on grids (docs/quantisation.md), for inputs
  /// of the pictures' sizes. Throws bad_input where there is nothing to quantise, or pictures do not fit.
  [[nodiscard]] std::pair<Model, QuantizeReport> quantize(const QuantizeOptions& options) const;
  /// Whether some of its values are on grids.
  [[nodiscard]] bool is_quantized() const;
  /// This network, as it is (fold it first, if it is to be), with fewer neurons or weights, and what was done. Throws
  /// usage for options out of range and bad_input where nothing can be pruned.
  [[nodiscard]] std::pair<Model, PruneReport> prune(const PruneOptions& options) const;
  /// Writes the network as ONNX (NAME.onnx, and NAME.task.yaml if there is something to say of pictures), or as YAML
  /// with its weights beside it; what appears is whole. Returns sizes() as the file has them.
  std::vector<SizeInfo> save(const std::filesystem::path& file) const;
  [[nodiscard]] std::string yaml() const;  ///< the expanded network, without weights

  /// The outputs in float64 by the reference kernels: slow and trusted.
  [[nodiscard]] Tensors reference(const Tensors& inputs) const;
  /// The first node whose value here differs from the same node of `other` by more than `tolerance` (relative,
  /// float64).
  [[nodiscard]] std::optional<std::string> first_difference(const Model& other, const Tensors& inputs,
                                                            double tolerance) const;
  /// Inputs drawn from a seeded normal distribution, in this network's shapes; those with a default are left out.
  [[nodiscard]] Tensors random_inputs(std::uint64_t seed) const;

  /// For banoff's own use.
  [[nodiscard]] const Contents& contents() const { return *contents_; }

 private:
  std::shared_ptr<const Contents> contents_;
};

}  // namespace banoff
