#include "kernels/cuda/graph.hpp"

#include <algorithm>

namespace banoff::cuda {

Descriptor::State::~State() {
  if (handle != nullptr) (void)cudnn().cudnnBackendDestroyDescriptor(handle);
}

Descriptor::Descriptor(cudnnBackendDescriptorType_t type) : state_(std::make_shared<State>()) {
  BANOFF_CUDNN_CHECK(cudnnBackendCreateDescriptor, type, &state_->handle);
}

Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t count,
                            const void* values) {
  BANOFF_CUDNN_CHECK(cudnnBackendSetAttribute, get(), name, type, count, values);
  return *this;
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values) {
  return set(name, CUDNN_TYPE_INT64, static_cast<std::int64_t>(values.size()), values.data());
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, std::int64_t value) {
  return set(name, CUDNN_TYPE_INT64, 1, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, double value) {
  return set(name, CUDNN_TYPE_DOUBLE, 1, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, bool value) {
  return set(name, CUDNN_TYPE_BOOLEAN, 1, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, cudnnDataType_t value) {
  return set(name, CUDNN_TYPE_DATA_TYPE, 1, &value);
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const Descriptor& value) {
  return set(name, std::vector<Descriptor>{value});
}
Descriptor& Descriptor::set(cudnnBackendAttributeName_t name, const std::vector<Descriptor>& values) {
  std::vector<cudnnBackendDescriptor_t> handles;
  for (const Descriptor& value : values) {
    handles.push_back(value.get());
    state_->kept.push_back(value.state_);
  }
  return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(handles.size()), handles.data());
}
Descriptor& Descriptor::finalize() {
  BANOFF_CUDNN_CHECK(cudnnBackendFinalize, get());
  return *this;
}

std::vector<Descriptor> engine_configs(const Descriptor& graph, std::size_t most) {
  std::vector<Descriptor> found;
  for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK}) {
    if (found.size() >= most) break;
    Descriptor heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    heuristics.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph)
        .set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode)
        .finalize();
    std::vector<Descriptor> wanted;
    std::vector<cudnnBackendDescriptor_t> handles;
    for (std::size_t i = found.size(); i < most; ++i) {
      wanted.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
      handles.push_back(wanted.back().get());
    }
    std::int64_t count = 0;
    BANOFF_CUDNN_CHECK(cudnnBackendGetAttribute, heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS,
                       CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(handles.size()), &count,
                       handles.data());
    const auto given = std::min(wanted.size(), static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
    found.insert(found.end(), wanted.begin(), wanted.begin() + static_cast<std::ptrdiff_t>(given));
  }
  return found;
}

Descriptor plan_of(cudnnHandle_t handle, const Descriptor& config) {
  Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle)
      .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config)
      .finalize();
  return plan;
}

std::size_t workspace_of(const Descriptor& plan) {
  std::int64_t bytes = 0, count = 0;
  BANOFF_CUDNN_CHECK(cudnnBackendGetAttribute, plan.get(), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64,
                     1, &count, &bytes);
  return static_cast<std::size_t>(std::max<std::int64_t>(bytes, 0));
}

}  // namespace banoff::cuda
