// What a Model and a CompiledModel hold.
#pragma once

#include "banoff/session.hpp"
#include "runtime/graph/signature.hpp"
#include "runtime/plan/plan.hpp"

namespace banoff {

struct Model::Contents {
  Graph graph;
  Manifest manifest;
  Bindings bindings;
  std::vector<TensorType> types;  ///< under the bindings, by ValueId
};

struct CompiledModel::Contents {
  std::shared_ptr<const Plan> plan;
  PlanInfo info;
  std::vector<TensorInfo> inputs;
  std::vector<TensorInfo> outputs;
  std::vector<Tensor> defaults;  ///< by input, as the device holds them; none where it must be given
};

/// A network compiled for a device of the caller's.
[[nodiscard]] CompiledModel compile_on(const Model& model, const std::shared_ptr<const Device>& device,
                                       bool fuse_norms = true);

/// A value's name and type, as the public API tells it.
[[nodiscard]] inline TensorInfo info_of(std::string name, const TensorType& type) {
  return {std::move(name), type.dtype, type.shape, type.bounded, false};
}

}  // namespace banoff
