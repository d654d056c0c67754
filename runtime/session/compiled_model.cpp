#include <algorithm>
#include <chrono>

#include "banoff/session.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/flops.hpp"
#include "runtime/session/contents.hpp"

namespace banoff {

namespace {

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

std::vector<TensorType> types_of(const Plan& plan, const std::vector<ValueId>& values) {
  std::vector<TensorType> types;
  for (const ValueId value : values) types.push_back(plan.types[static_cast<std::size_t>(value)]);
  return types;
}

/// What the step computes, node by node.
void describe_nodes(const Plan& plan, const Step& step, StepInfo& info) {
  std::int64_t most = -1;
  for (const NodeId id : step.nodes) {
    const Node& node = plan.graph->node(id);
    info.nodes.push_back(node.name);
    info.ops.emplace_back(row_of(node.op).name);
    info.label += (info.label.empty() ? "" : " + ") + node.name;
    const std::int64_t work = flops(node, types_of(plan, node.inputs), types_of(plan, node.outputs));
    info.flops += work;
    if (work > most) info.kind = info.ops.back();
    most = std::max(most, work);
  }
  if (!step.nodes.empty()) return;
  const Buffer& from = plan.buffer(step.inputs[0]);
  info.kind = from.layout == plan.buffer(step.outputs[0]).layout ? "copy" : "reorder";
  info.label = info.kind + " " + plan.graph->value(from.value).name;
}

StepInfo describe_step(const Plan& plan, const Step& step) {
  StepInfo info;
  describe_nodes(plan, step, info);
  info.implementation = step.kernel->implementation();
  info.tuned_us = step.kernel->tuned_us();
  info.layouts = join_layouts(plan, step.inputs) + " -> " + join_layouts(plan, step.outputs);
  info.bytes = step.kernel->weight_bytes();
  for (const std::int32_t input : step.inputs)
    info.bytes += plan.device->bytes(plan.type(input), plan.buffer(input).layout);
  for (const std::int32_t output : step.outputs) {
    info.bytes += plan.device->bytes(plan.type(output), plan.buffer(output).layout);
    info.outputs.push_back(info_of(plan.graph->value(plan.buffer(output).value).name, plan.type(output)));
  }
  info.outputs = held_by(*plan.device, std::move(info.outputs));
  return info;
}

std::shared_ptr<const SizedPlan> compile_sized(const Model& model, const std::shared_ptr<const Device>& device,
                                               bool fuse_norms) {
  const auto start = std::chrono::steady_clock::now();
  auto sized = std::make_shared<SizedPlan>();
  sized->plan = banoff::compile(model.contents().graph, device, {model.contents().bindings, fuse_norms});
  sized->inputs = held_by(*device, model.inputs());
  for (const TensorInfo& input : sized->inputs) sized->shapes.push_back(input.shape);
  for (const GraphInput& input : model.contents().graph.inputs) {
    const DType held = device->storage(input.dtype);
    sized->defaults.push_back(input.default_value ? input.default_value.as(held) : Tensor());
  }
  sized->outputs = held_by(*device, model.outputs());
  for (const Step& step : sized->plan->steps) {
    sized->info.steps.push_back(describe_step(*sized->plan, step));
    sized->info.weight_bytes += step.kernel->weight_bytes();
  }
  sized->info.arena_bytes = sized->plan->arena_bytes;
  sized->info.threads = device->threads();
  sized->info.vector_bits = device->vector_bits();
  sized->info.compile_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  return sized;
}

}  // namespace

CompiledModel CompiledModel::compile(const Model& model, const DeviceOptions& options) {
  QuantizeOptions integers;
  integers.threads = options.threads;
  const Model ready = in_integers(options) && !model.is_quantized() ? model.quantize(integers).first : model;
  return compile_on(ready, make_device(options), options.fuse_norms, options.other_sizes);
}

CompiledModel compile_on(const Model& model, const std::shared_ptr<const Device>& device, bool fuse_norms,
                         std::size_t other_sizes) {
  CompiledModel::Contents contents{model,
                                   device,
                                   fuse_norms,
                                   other_sizes,
                                   compile_sized(model, device, fuse_norms),
                                   std::make_unique<PlanCache>(other_sizes)};
  return CompiledModel(std::make_shared<const CompiledModel::Contents>(std::move(contents)));
}

std::shared_ptr<const SizedPlan> CompiledModel::Contents::at(const std::vector<Shape>& shapes) const {
  if (shapes == written->shapes) return written;
  return others->get(shapes, [&] {
    std::map<std::string, Shape> by_name;
    for (std::size_t i = 0; i < shapes.size(); ++i) by_name[written->inputs[i].name] = shapes[i];
    return compile_sized(model.at(by_name), device, fuse_norms);
  });
}

const PlanInfo& CompiledModel::info() const { return contents_->written->info; }
const std::vector<TensorInfo>& CompiledModel::inputs() const { return contents_->written->inputs; }
const std::vector<TensorInfo>& CompiledModel::outputs() const { return contents_->written->outputs; }

}  // namespace banoff
