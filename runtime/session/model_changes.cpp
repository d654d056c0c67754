// What makes another model of one: other outputs, a part, folding, pruning.
#include <algorithm>

#include "folding/fold.hpp"
#include "kernels/reference/reference.hpp"
#include "runtime/compress/prune/prune.hpp"
#include "runtime/core/fail.hpp"
#include "runtime/graph/cut.hpp"
#include "runtime/graph/opaque.hpp"
#include "runtime/load/suggest.hpp"
#include "runtime/onnx/export.hpp"
#include "runtime/plan/plan.hpp"
#include "runtime/session/changed.hpp"

namespace banoff {

namespace {

/// The prices of a device, which is made when somebody asks: most networks leave nothing to weigh. What it cannot run
/// costs nothing in either form, and stays as it is.
Price price_on(const DeviceOptions& options, const Bindings& bindings) {
  return [options, bindings, device = std::shared_ptr<const Device>()](const Graph& graph) mutable {
    if (!cannot_run(graph).empty()) return 0.0;
    if (!device) device = make_device(options);
    return planned_us(graph, *device, {bindings, options.fuse_norms});
  };
}

}  // namespace

Model Model::with_outputs(const std::vector<std::string>& values) const {
  Graph graph = contents_->graph;
  for (const std::string& name : values) {
    const auto called = [&](const GraphOutput& output) { return output.name == name; };
    if (std::ranges::any_of(graph.outputs, called)) continue;
    const auto value = std::ranges::find(graph.values, name, &Value::name);
    if (value == graph.values.end()) {
      std::vector<std::string_view> known;
      for (const Value& each : graph.values) known.push_back(each.name);
      fail_usage("the network has no output or node '{}'{}", name, did_you_mean(name, known));
    }
    graph.add_output(name, static_cast<ValueId>(value - graph.values.begin()));
  }
  return Model(changed(*contents_, std::move(graph), [values](const Model& m) { return m.with_outputs(values); }));
}

std::pair<Model, std::vector<std::string>> Model::part_with_onnx_form() const {
  Graph graph = contents_->graph;
  const std::vector<NodeId> without = without_onnx_form(graph, contents_->types);
  std::vector<std::string> names;
  for (const NodeId id : without) names.push_back(graph.node(id).name);
  if (names.empty()) return {*this, names};
  graph = without_nodes(std::move(graph), without);
  Contents whole = *contents_;
  whole.manifest.task = {};  // it is about outputs that are gone
  const auto again = [](const Model& model) { return model.part_with_onnx_form().first; };
  return {Model(changed(whole, std::move(graph), again)), std::move(names)};
}

std::pair<Model, FoldReport> Model::fold(const FoldOptions& options) const {
  return fold(options, {.threads = options.threads});
}

std::pair<Model, FoldReport> Model::fold(const FoldOptions& options, const DeviceOptions& device) const {
  Graph graph = contents_->graph;
  FoldReport report = banoff::fold(graph, contents_->bindings, options, reference::compute<double>,
                                   price_on(device, contents_->bindings));
  if (!contents_->original.empty() && report.folded() == 0 && report.affine_folded == 0)
    return {*this, std::move(report)};
  const auto again = [options, device](const Model& model) { return model.fold(options, device).first; };
  return {Model(changed(*contents_, std::move(graph), again)), std::move(report)};
}

std::pair<Model, PruneReport> Model::prune(const PruneOptions& options) const {
  Graph graph = contents_->graph;
  PruneReport report = banoff::prune(graph, contents_->bindings, options);
  const auto again = [options](const Model& model) { return model.prune(options).first; };
  return {Model(changed(*contents_, std::move(graph), again)), std::move(report)};
}

}  // namespace banoff
