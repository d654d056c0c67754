// What a Model and a CompiledModel hold.
#pragma once

#include "banoff/session.hpp"
#include "runtime/graph/signature.hpp"
#include "runtime/session/plan_cache.hpp"

namespace banoff {

/// Sizes by the names of open ones.
using Sizes = std::map<std::string, std::int64_t>;

struct Model::Contents {
  Graph graph;
  Manifest manifest;
  Bindings bindings;
  std::vector<TensorType> types;  ///< under the bindings, by ValueId
  std::vector<SizeInfo> sizes;
  std::vector<std::vector<std::string>> symbols;  ///< by input and dimension: names of open sizes
  /// The network at other sizes, all of them given, where the graph holds some for its own alone; else null.
  std::function<Model(const Sizes&)> at;
  /// The ONNX file that the network is as it was, where that holds nodes that are only carried; else empty.
  std::filesystem::path original = {};
};

struct CompiledModel::Contents {
  Model model;
  std::shared_ptr<const Device> device;
  bool fuse_norms = true;
  std::size_t other_sizes = 4;               ///< how many sets of sizes beside the model's own are kept
  std::shared_ptr<const SizedPlan> written;  ///< at the model's own sizes
  std::unique_ptr<PlanCache> others;

  /// Compiled for inputs of these shapes, by position. Throws bad_input where the model does not take them.
  [[nodiscard]] std::shared_ptr<const SizedPlan> at(const std::vector<Shape>& shapes) const;
};

/// The device that is meant. Throws usage for a name that is none, and for options that it does not have.
[[nodiscard]] std::shared_ptr<const Device> make_device(const DeviceOptions& options);

/// A network compiled for a device of the caller's.
[[nodiscard]] CompiledModel compile_on(const Model& model, const std::shared_ptr<const Device>& device,
                                       bool fuse_norms = true, std::size_t other_sizes = 4);

/// A value's name and type, as the public API tells it.
[[nodiscard]] inline TensorInfo info_of(std::string name, const TensorType& type) {
  return {std::move(name), type.dtype, type.shape, type.bounded, false, {}};
}

}  // namespace banoff
