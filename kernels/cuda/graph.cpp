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

Descriptor& Descriptor::keep(const Descriptor& other) {
  state_->kept.push_back(other.state_);
  return *this;
}

std::int64_t Descriptor::get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::int64_t most,
                             void* values) const {
  std::int64_t count = 0;
  BANOFF_CUDNN_CHECK(cudnnBackendGetAttribute, get(), name, type, most, &count, values);
  return std::max<std::int64_t>(count, 0);
}
std::int64_t Descriptor::number(cudnnBackendAttributeName_t name) const {
  std::int64_t value = 0;
  (void)get(name, CUDNN_TYPE_INT64, 1, &value);
  return value;
}
std::vector<Descriptor> Descriptor::parts(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                          std::size_t most) const {
  std::vector<Descriptor> made;
  std::vector<cudnnBackendDescriptor_t> handles;
  for (std::size_t i = 0; i < most; ++i) {
    made.emplace_back(type);
    made.back().keep(*this);
    handles.push_back(made.back().get());
  }
  const std::int64_t count = get(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, static_cast<std::int64_t>(most), handles.data());
  made.erase(made.begin() + static_cast<std::ptrdiff_t>(std::min(most, static_cast<std::size_t>(count))), made.end());
  return made;
}

Descriptor plan_of(cudnnHandle_t handle, const Descriptor& config) {
  Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle)
      .set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, config)
      .finalize();
  return plan;
}

Descriptor plan_from(cudnnHandle_t handle, const std::string& text) {
  Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  plan.set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, static_cast<std::int64_t>(text.size()),
           text.data())
      .set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, 1, &handle)
      .finalize();
  return plan;
}

std::string text_of(const Descriptor& plan) {
  constexpr auto name = CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION;
  const std::int64_t size = plan.get(name, CUDNN_TYPE_CHAR, 0, nullptr);
  std::string text(static_cast<std::size_t>(size), '\0');
  (void)plan.get(name, CUDNN_TYPE_CHAR, size, text.data());
  return text;
}

std::size_t workspace_of(const Descriptor& plan) {
  return static_cast<std::size_t>(std::max<std::int64_t>(plan.number(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE), 0));
}

}  // namespace banoff::cuda
