// cuDNN's graphs of operations: descriptors with attributes, and the plans that compute a graph.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernels/cuda/cudnn.hpp"

namespace banoff::cuda {

/// A descriptor of cuDNN's backend. Copies share it.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);

  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                  const void* values);
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values);
  Descriptor& set(cudnnBackendAttributeName_t name, std::int64_t value);
  Descriptor& set(cudnnBackendAttributeName_t name, double value);
  Descriptor& set(cudnnBackendAttributeName_t name, bool value);
  Descriptor& set(cudnnBackendAttributeName_t name, cudnnDataType_t value);
  /// Another descriptor, which lives as long as this one does.
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& value);
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<Descriptor>& values);
  Descriptor& finalize();

  [[nodiscard]] cudnnBackendDescriptor_t get() const { return state_->handle; }

 private:
  struct State {
    cudnnBackendDescriptor_t handle = nullptr;
    std::vector<std::shared_ptr<State>> kept;
    State() = default;
    ~State();
    State(const State&) = delete;
    State& operator=(const State&) = delete;
  };
  std::shared_ptr<State> state_;
};

/// Configurations of engines that may compute the graph, cuDNN's best guess first, at most `most`.
[[nodiscard]] std::vector<Descriptor> engine_configs(const Descriptor& graph, std::size_t most);

/// The plan of a configuration; refused where the engine does not take the graph.
[[nodiscard]] Descriptor plan_of(cudnnHandle_t handle, const Descriptor& config);
[[nodiscard]] std::size_t workspace_of(const Descriptor& plan);

}  // namespace banoff::cuda
