#include "runtime/load/param_specs.hpp"

#include "banoff/error.hpp"

namespace banoff {

Signature signature_of(const Node& node, const std::vector<TensorType>& types) {
  std::vector<TensorType> inputs;
  for (const ValueId input : node.inputs) inputs.push_back(types[static_cast<std::size_t>(input)]);
  try {
    return signature(node.op, inputs);
  } catch (const Error& error) {
    throw Error(error.kind(), describe(node, error.what()));
  }
}

std::vector<ParamUse> param_uses(const Graph& graph, const std::vector<TensorType>& types) {
  std::vector<ParamUse> uses(graph.params.size());
  for (const NodeId n : graph.live_ids()) {
    const Node& node = graph.node(n);
    for (const ParamSpec& spec : signature_of(node, types).params) {
      const ParamId id = node.param(spec.slot);
      if (id == none) continue;
      ParamUse& use = uses[static_cast<std::size_t>(id)];
      if (use.node == none) use = {n, spec.slot, spec.shape};
    }
  }
  return uses;
}

}  // namespace banoff
