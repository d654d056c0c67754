#include <chrono>

#include "banoff/session.hpp"
#include "kernels/onednn/onednn.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/session/contents.hpp"

namespace banoff {

namespace {

std::shared_ptr<const Device> make_device(const DeviceOptions& options) {
  if (options.name == "reference") return reference::device(DType::f32);
  if (options.name == "reference-f64") return reference::device(DType::f64);
  if (options.name == "cpu") return onednn::device({.threads = options.threads});
  if (options.name == "gpu")
    fail(ErrorKind::refused, "this build has no GPU device (built in: {})", fmt::join(device_names(), ", "));
  fail_usage("unknown device '{}' (built in: {})", options.name, fmt::join(device_names(), ", "));
}

std::string join_layouts(const Plan& plan, const std::vector<std::int32_t>& buffers) {
  std::string result;
  for (const std::int32_t buffer : buffers) {
    if (!result.empty()) result += ',';
    result += name_of(plan.buffer(buffer).layout);
  }
  return result;
}

/// The tensors as the device holds them: what a session's memory of them contains.
std::vector<TensorInfo> held_by(const Device& device, std::vector<TensorInfo> tensors) {
  for (TensorInfo& tensor : tensors) tensor.dtype = device.storage(tensor.dtype);
  return tensors;
}

StepInfo describe_step(const Plan& plan, const Step& step) {
  StepInfo info;
  for (const NodeId node : step.nodes) {
    info.nodes.push_back(plan.graph->node(node).name);
    info.label += (info.label.empty() ? "" : " + ") + info.nodes.back();
  }
  if (step.nodes.empty()) info.label = "reorder " + plan.graph->value(plan.buffer(step.inputs[0]).value).name;
  info.implementation = step.kernel->implementation();
  info.layouts = join_layouts(plan, step.inputs) + " -> " + join_layouts(plan, step.outputs);
  return info;
}

}  // namespace

std::vector<std::string> device_names() { return {"reference", "reference-f64", "cpu"}; }

CompiledModel CompiledModel::compile(const Model& model, const DeviceOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  const std::shared_ptr<const Device> device = make_device(options);
  Contents contents;
  contents.plan = banoff::compile(model.contents().graph, device, {model.contents().bindings, options.fuse_norms});
  contents.inputs = held_by(*device, model.inputs());
  contents.outputs = held_by(*device, model.outputs());
  for (const Step& step : contents.plan->steps) {
    contents.info.steps.push_back(describe_step(*contents.plan, step));
    contents.info.weight_bytes += step.kernel->weight_bytes();
  }
  contents.info.arena_bytes = contents.plan->arena_bytes;
  contents.info.threads = device->threads();
  contents.info.compile_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return CompiledModel(std::make_shared<const Contents>(std::move(contents)));
}

const PlanInfo& CompiledModel::info() const { return contents_->info; }
const std::vector<TensorInfo>& CompiledModel::inputs() const { return contents_->inputs; }
const std::vector<TensorInfo>& CompiledModel::outputs() const { return contents_->outputs; }

}  // namespace banoff
