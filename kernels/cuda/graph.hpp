// cuDNN's graphs of operations: descriptors with attributes, and the plans that compute a graph.
#pragma once

#include <memory>
#include <string>
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
  /// Another descriptor that this one refers to: it lives as long.
  Descriptor& keep(const Descriptor& other);

  /// Fills in at most so many values; how many there are.
  [[nodiscard]] std::int64_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most,
                                 void* values) const;
  [[nodiscard]] std::int64_t number(cudnnBackendAttributeName_t name) const;
  /// The descriptors, at most so many, that an attribute consists of. Each keeps this one.
  [[nodiscard]] std::vector<Descriptor> parts(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                              std::size_t most) const;

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

/// The plan of an engine's configuration, which may take a second: most engines compile their kernel now.
[[nodiscard]] Descriptor plan_of(cudnnHandle_t handle, const Descriptor& config);
/// A plan from what `text_of` gave, by the same cuDNN on the same kind of GPU.
[[nodiscard]] Descriptor plan_from(cudnnHandle_t handle, const std::string& text);
/// The plan in cuDNN's JSON, its kernel included. Not every engine can write one.
[[nodiscard]] std::string text_of(const Descriptor& plan);
[[nodiscard]] std::size_t workspace_of(const Descriptor& plan);

}  // namespace banoff::cuda
