#include "folding/chain.hpp"

#include "folding/linear_op.hpp"
#include "runtime/graph/reductions.hpp"

namespace banoff::gauge {

namespace {

/// Throws Refused unless `node` hands its input on, one value in and one out, without a nonlinearity.
void require_link(const Node& node) {
  const auto* pool = node.as<Pool>();
  const auto* global = node.as<GlobalPool>();
  const bool takes_maximum = (pool && pool->kind == PoolKind::max) || (global && global->kind == PoolKind::max);
  if (takes_maximum || node.as<Activation>() || node.as<PRelu>() || node.as<Softmax>()) {
    throw Refused{Blocker::activation, node.name};
  }
  if (node.inputs.size() > 1 || node.outputs.size() > 1) throw Refused{Blocker::branch, node.name};
  const bool affine = pool || global || node.as<AdaptiveAvgPool>() || node.as<Identity>() || node.as<Flatten>() ||
                      node.as<Reshape>() || node.as<Transpose>() || node.as<Squeeze>() || node.as<Unsqueeze>() ||
                      mean_of(node) || node.as<Resize>() || node.as<Pad>() || node.as<ChannelShuffle>() ||
                      node.as<Slice>();
  if (!affine) throw Refused{Blocker::unsupported_op, node.name};
}

/// The only reader of a value; throws Refused when there are others or none.
NodeId only_reader(const Graph& graph, const Readers& readers, ValueId value) {
  if (readers.is_output(value)) throw Refused{Blocker::graph_output, graph.value(value).name};
  const std::vector<NodeId>& who = readers.of(value);
  if (who.size() != 1)
    throw Refused{Blocker::branch, who.empty() ? graph.value(value).name : graph.node(who.back()).name};
  return who.front();
}

}  // namespace

void require_chain_before(const Graph& graph, const Readers& readers, const Node& batch_norm) {
  for (ValueId value = batch_norm.inputs[0];;) {
    (void)only_reader(graph, readers, value);
    const NodeId producer = graph.value(value).producer;
    if (producer == none) throw Refused{Blocker::graph_output, graph.value(value).name};
    const Node& node = graph.node(producer);
    if (is_expressive(graph, node)) return;
    require_link(node);
    if (node.inputs.empty()) throw Refused{Blocker::unsupported_op, node.name};
    value = node.inputs[0];
  }
}

void require_chain_after(const Graph& graph, const Readers& readers, const Node& batch_norm) {
  for (ValueId value = batch_norm.outputs[0];;) {
    const Node& node = graph.node(only_reader(graph, readers, value));
    if (is_expressive(graph, node)) return;
    require_link(node);
    value = node.outputs[0];
  }
}

}  // namespace banoff::gauge
